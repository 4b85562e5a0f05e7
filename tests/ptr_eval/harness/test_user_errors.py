"""What a user can get wrong with a run: one clear sentence each, before anything is asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.harness.rescore import load_task
from ptr_eval.harness.task import RefinementTask
from tests.benchmark_fixtures import DROP, GSM8K, lines, table, write
from tests.scripted_lm import ScriptedLM, evaluate


def refused(settings: dict[str, Any], task: Any = "ptr_gsm8k", **options: Any) -> str:
    """Return the message with which a run is refused."""
    lm = ScriptedLM()
    with pytest.raises(UserError) as caught:
        evaluate(lm, settings, [task], **options)
    assert lm.prompts == []
    return str(caught.value)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"ptr_rounds": 0}, "ptr_rounds=0: must be a whole number from 1 to 50."),
        ({"ptr_rounds": 51}, "ptr_rounds=51: must be a whole number from 1 to 50."),
        ({"ptr_rounds": 2.5}, "ptr_rounds=2.5: must be a whole number from 1 to 50."),
        ({"ptr_rounds": "three"}, "ptr_rounds=three: "),
        ({"ptr_rounds": True}, "ptr_rounds=True: must be a whole number from 1 to 50."),
        (
            {"ptr_protocol": "tree"},
            "ptr_protocol=tree: unknown; choose one of parallel, resample, sequential, or name",
        ),
        ({"ptr_instruction": "neutrall"}, "ptr_instruction=neutrall: unknown instruction, close "),
        ({"ptr_synthesis": "my request.txt"}, "ptr_synthesis=my request.txt: no such file; name"),
        ({"ptr_instruction": " "}, "ptr_instruction is empty; leave it out"),
        ({"ptr_scorers": "exact"}, "ptr_scorers=exact: ptr_gsm8k has the scorers strict, flexi"),
        ({"ptr_similarity_threshold": 0}, "ptr_similarity_threshold=0: must be a number above 0."),
        ({"ptr_timeout": "inf"}, "ptr_timeout=inf: must be a number above 0."),
        ({"ptr_timeout": float("inf")}, "ptr_timeout=inf: must be a number above 0."),
        ({"ptr_timeout": "nan"}, "ptr_timeout=nan: must be a number above 0."),
        ({"ptr_timeout": "soon"}, "ptr_timeout=soon: must be a number above 0."),
        ({"ptr_timeout": True}, "ptr_timeout=True: must be a number above 0."),
        ({"ptr_instruction": ["a b"]}, "ptr_instruction=['a b']: must be a text, or a file's p"),
        ({"ptr_timeout": "-1"}, "ptr_timeout=-1: must be a number above 0."),
        ({"ptr_keep_thinking": "maybe"}, "ptr_keep_thinking=maybe: must be true or false."),
        ({"ptr_pass_k": "1+4"}, "ptr_pass_k=4 needs at least as many samples of each question"),
        ({"ptr_kept": "keep"}, "ptr_kept=keep: choose one of carry, refuse."),
        ({"ptr_sandbox": "none"}, "ptr_sandbox=none: choose one of auto, unsafe."),
        ({"ptr_round": 2}, "ptr_round: unknown setting; known are ptr_aggregator,"),
    ],
    ids=str,
)
def test_a_wrong_setting(sums: Path, setting: dict[str, Any], message: str) -> None:
    found = refused({"ptr_data": str(sums), **setting})
    assert found.startswith(message)
    assert "\n" not in found


def test_several_wrong_settings_are_reported_at_once(sums: Path) -> None:
    found = refused({"ptr_data": str(sums), "ptr_rounds": 0, "ptr_chunk": "x", "ptr_typo": 1})
    assert found.splitlines()[0] == "3 problems:"
    assert [line[4:12] for line in found.splitlines()[1:]] == ["ptr_chun", "ptr_roun", "ptr_typo"]


# Data


def test_a_missing_data_folder(tmp_path: Path) -> None:
    found = refused({"ptr_data": str(tmp_path / "nowhere")})
    assert found.startswith(f"ptr_data={tmp_path}/nowhere: no such folder; ")


def test_a_missing_data_folder_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTR_DATA", str(tmp_path / "nowhere"))
    assert "PTR_DATA" in refused({})


def test_a_missing_file(tmp_path: Path) -> None:
    found = refused({"ptr_data": str(tmp_path)})
    assert found.startswith(f"ptr_gsm8k: no file for the split 'test' in {tmp_path}; put the offi")
    assert "gsm8k/test.jsonl" in found


def test_a_missing_file_of_examples(tmp_path: Path) -> None:
    write(tmp_path, {"gsm8k/test.jsonl": lines(GSM8K)})
    found = refused({"ptr_data": str(tmp_path)}, num_fewshot=2)
    assert found.startswith("ptr_gsm8k: no file for the split 'train'")


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(*arguments: Any, **options: Any) -> Any:
        raise ConnectionError("no route to the hub\nand more")

    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    found = refused({})
    assert found == (
        "ptr_gsm8k: openai/gsm8k cannot be loaded from the hub (no route to the hub); "
        "check the network, or give local files with --metadata ptr_data=FOLDER."
    )


@pytest.mark.parametrize(
    ("task", "files", "message"),
    [
        (
            "ptr_gsm8k",
            {"gsm8k/test.jsonl": lines([GSM8K[0], {"question": "?", "solution": "#### 1"}])},
            "gsm8k/test.jsonl, row 2: has no column 'answer' (its columns: question, solution)",
        ),
        (
            "ptr_mmlu",
            {"mmlu/test/art_test.csv": table([["q", "1", "2", "3", "4", "A"], ["q", "1", "A"]])},
            "mmlu/test/art_test.csv, row 2: 3 columns where 6 are expected",
        ),
        (
            "ptr_gpqa_main",
            {"gpqa/gpqa_main.csv": table([["Question", "Correct Answer"], ["q", "a"]])},
            "gpqa/gpqa_main.csv, row 1: has no column 'Incorrect Answer 1'",
        ),
        (
            "ptr_drop",
            {
                "drop/drop_dataset_dev.json": json.dumps(
                    {**DROP, "nfl_3": {"passage": "p", "qa_pairs": [{"question": "?"}]}}
                ).encode()
            },
            "drop/drop_dataset_dev.json, row 3: has no column 'answer'",
        ),
        ("ptr_gsm8k", {"gsm8k/test.jsonl": b""}, "ptr_gsm8k: its data for the split 'test' hold"),
    ],
    ids=["json lines", "csv", "csv with a header", "nested json", "empty"],
)
def test_data_of_another_form(
    tmp_path: Path, task: str, files: dict[str, bytes], message: str
) -> None:
    found = refused({"ptr_data": str(write(tmp_path, files))}, task)
    assert found.removeprefix(f"{tmp_path}/").startswith(message)
    assert "\n" not in found


# Task configurations


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (None, "my_task: its configuration has no `ptr:` section"),
        ({"scorers": {}}, "my_task, `ptr:` section: `scorers` names none."),
        (
            {"reader": "x", "scorers": {"a": "options"}},
            "my_task, `ptr:` section: reader=x: unknown; choose one of arc",
        ),
        (
            {"scorers": {"a": "x"}},
            "my_task, `ptr:` section: scorers.a=x: unknown; choose one of code, exact, maths",
        ),
        ({"scorers": {"a": "options"}, "file": {}}, "my_task, `ptr:` section: unknown key 'file'"),
        ({"scorers": {"a": "options"}}, "my_task has no hub data set; give its files with"),
    ],
    ids=str,
)
def test_a_wrong_configuration(section: Any, message: str) -> None:
    config = {"task": "my_task", "test_split": "test", "doc_to_text": "{{question}}"}
    with pytest.raises(UserError) as caught:
        RefinementTask({**config, "ptr": section} if section is not None else config)
    assert str(caught.value).startswith(message)


def test_a_column_of_numbers_and_texts(sums: Path) -> None:
    documents: list[dict[str, Any]] = [{"gold": "1", "n": 1}, {"gold": "1", "n": "x"}]
    with pytest.raises(UserError, match=r"ptr_gsm8k: a column holds values of different kinds"):
        load_task("ptr_gsm8k", {}, documents)
