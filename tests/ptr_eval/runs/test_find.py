"""Finding the runs to report, and refusing what is none."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.report import RunEntry
from ptr_eval.runs import RunLabel, find_tasks


def file_of(run: Path) -> Path:
    (found,) = run.rglob("results_*.json")
    return found


def edit(run: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    path = file_of(run)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


def test_a_run_is_called_after_its_folder_and_a_checkpoint_after_its_model(runs: Path) -> None:
    edit(runs / "base", lambda r: r.update(model_name="models/llama-1"))
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert (found.label.run, found.label.checkpoint, found.label.method) == (
        "base",
        "llama-1",
        "llama-1",
    )
    assert (found.task, found.scorer, found.saved.expected) == ("ptr_gsm8k", "strict", 20)
    assert found.label.instruction == "neutral"


def test_a_results_file_may_be_named_itself(runs: Path) -> None:
    (found,) = find_tasks([RunEntry(path=file_of(runs / "base"), name="x", method="PTR", step=7)])
    assert (found.label.run, found.label.method, found.label.step) == ("x", "PTR", 7)


def test_of_a_task_run_twice_the_newest_counts(runs: Path) -> None:
    old = file_of(runs / "base")
    stamp = "2030-01-01T00-00-00.000000"
    for path in list(old.parent.iterdir()):
        shutil.copy(path, path.with_name(path.name.replace(old.stem[8:], stamp)))
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert stamp in found.saved.results.name


def test_two_models_in_one_folder_are_two_runs(runs: Path) -> None:
    edit(runs / "base", lambda r: r.update(model_name="one"))
    edit(runs / "better", lambda r: r.update(model_name="two"))
    names = [found.label.run for found in find_tasks([RunEntry(path=runs)])]
    assert names == ["runs/one", "runs/two"]


def test_a_suite_s_note_names_the_run(runs: Path) -> None:
    noted = {"model": "m", "method": "IFT", "step": 300, "instruction": "doubt"}
    (runs / "base" / "run.json").write_text(json.dumps(noted))
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert found.label == RunLabel("base", "m", "IFT", "doubt", 300)


def test_another_scorer_can_be_reported(runs: Path) -> None:
    (found,) = find_tasks([RunEntry(path=runs / "base")], "flexible")
    assert found.scorer == "flexible"
    with pytest.raises(UserError, match=r"ptr_gsm8k was not scored by 'judge' but by 'strict', "):
        find_tasks([RunEntry(path=runs / "base")], "judge")


def test_two_runs_of_one_name_are_refused(runs: Path) -> None:
    edit(runs / "base", lambda r: r.update(model_name="one"))
    edit(runs / "better", lambda r: r.update(model_name="two"))
    with pytest.raises(UserError, match=r"two runs are called 'x' .*better is the second.*`runs:`"):
        find_tasks(
            [RunEntry(path=runs / "base", name="x"), RunEntry(path=runs / "better", name="x")]
        )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"results": {}, "confi', "Unterminated string"),
        ("[1, 2]", "list indices must be integers"),
        ('{"results": {}}', "no 'configs'"),
        ('{"configs": {"ptr_x": {"ptr": {}}}, "n-samples": {}}', "no 'ptr_x'"),
        ("\xff\x00", "Expecting value"),
    ],
)
def test_truncated_and_foreign_files_are_named(runs: Path, content: str, reason: str) -> None:
    path = file_of(runs / "base")
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        find_tasks([RunEntry(path=runs / "base")])
    assert str(path) in str(caught.value)
    assert "is not a whole results file of lm_eval" in str(caught.value)
    assert reason in str(caught.value)


def test_what_is_missing_is_said(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere: no such file or folder"):
        find_tasks([RunEntry(path=tmp_path / "nowhere")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty holds no results_\*\.json"):
        find_tasks([RunEntry(path=tmp_path / "empty")])
    edit(runs / "base", lambda r: r["configs"]["ptr_gsm8k"].pop("ptr"))
    with pytest.raises(UserError, match=r"base has no ptr_\* task"):
        find_tasks([RunEntry(path=runs / "base")])
    next((runs / "better").rglob("samples_*")).unlink()
    with pytest.raises(UserError, match=r"samples_.*jsonl is missing; .*--log_samples"):
        find_tasks([RunEntry(path=runs / "better")])


def test_records_of_another_version_are_refused(runs: Path) -> None:
    edit(runs / "base", lambda r: r["configs"]["ptr_gsm8k"]["ptr"].update(format=99))
    with pytest.raises(
        UserError, match=r"was written by ptr-eval .* which this version cannot read; use that"
    ):
        find_tasks([RunEntry(path=runs / "base")])
