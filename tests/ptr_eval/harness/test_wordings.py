"""`ptr_prompt`: questions in a former wording, or one under comparison."""

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

from ptr_eval.catalog import read_task_config, tasks_path
from ptr_eval.cli import main
from ptr_eval.errors import UserError
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.harness.wordings import check_wordings
from ptr_eval.instructions import resolve_prompt
from ptr_eval.runs import newest_results
from tests.scripted_lm import ScriptedLM, WordLM, evaluate, evaluate_into, write_sums

FORMER = 'then end with "The answer is N", where N is the number asked for.'


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    write_sums(tmp_path / "data", "train", range(40, 44))
    return {"ptr_data": str(write_sums(tmp_path / "data", numbers=range(3))), "ptr_rounds": 1}


def saved(folder: Path, task: str = "ptr_gsm8k") -> dict[str, Any]:
    results = json.loads(newest_results(folder).read_text(encoding="utf-8"))
    config: dict[str, Any] = results["configs"][task]
    return config


def config_of(task: str) -> dict[str, Any]:
    config: dict[str, Any] = read_task_config((tasks_path() / f"{task}.yaml").read_text())
    return config


@pytest.mark.parametrize("chat", [False, True])
def test_a_former_wording_is_asked_in_the_examples_too_and_recorded(
    settings: dict[str, Any], tmp_path: Path, chat: bool
) -> None:
    model = WordLM()
    evaluate_into(
        tmp_path / "out", model, {**settings, "ptr_prompt": "v1"}, num_fewshot=2,
        apply_chat_template=chat, fewshot_as_multiturn=chat,
    )  # fmt: skip
    assert len(model.prompts) == 3
    assert all(prompt.count(FORMER) == 3 for prompt in model.prompts)
    config = saved(tmp_path / "out")
    assert config["ptr"]["settings"]["prompt"] == "v1"
    assert config["doc_to_text"] == config_of("ptr_gsm8k")["ptr"]["prompts"]["v1"]


def test_the_newest_wording_is_the_default(settings: dict[str, Any], tmp_path: Path) -> None:
    model, named = ScriptedLM(), ScriptedLM()
    evaluate_into(tmp_path / "out", model, settings)
    evaluate(named, {**settings, "ptr_prompt": "newest"})
    assert model.prompts == named.prompts
    config = saved(tmp_path / "out")
    assert config["ptr"]["settings"]["prompt"] == "newest"
    assert config["doc_to_text"] == config_of("ptr_gsm8k")["doc_to_text"]


def test_a_file_s_wording(settings: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.jinja"
    file.write_text("Solve {{question}}\n", encoding="utf-8")
    model = ScriptedLM()
    evaluate_into(tmp_path / "out", model, {**settings, "ptr_prompt": str(file)})
    assert model.prompts[0] == "Solve [q0] How many is that?\nAnswer:"
    assert saved(tmp_path / "out")["doc_to_text"] == "Solve {{question}}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("no/such.txt", "ptr_prompt=no/such.txt: no such file; name a wording of the task, or a "
         "template file."),
        (3, "ptr_prompt=3: must be the name of a wording, or a file's path."),
        ("", "ptr_prompt=: must be the name of a wording, or a file's path."),
    ],
)  # fmt: skip
def test_what_can_be_no_wording_is_refused(value: Any, said: str) -> None:
    with pytest.raises(UserError) as refused:
        TaskSettings.from_metadata({"ptr_prompt": value})
    assert str(refused.value) == said


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(UserError, match="is empty; leave it out for the newest wording"):
        resolve_prompt(str(tmp_path / "empty.txt"), {})


def test_an_unknown_wording_is_refused_with_the_choices(settings: dict[str, Any]) -> None:
    said = (
        "ptr_prompt=v9: no such wording of ptr_gsm8k; choose one of newest, v1, or name a template "
        "file."
    )
    with pytest.raises(UserError) as refused:
        evaluate(ScriptedLM(), {**settings, "ptr_prompt": "v9"})
    assert str(refused.value) == said


def test_tasks_without_the_wording_are_named_once() -> None:
    wanted = {"a": "v1", "b": "v1", "c": "v1"}
    assert check_wordings(wanted, {"a": ("v1",), "b": (), "c": ()}) == [
        "ptr_prompt=v1: no such wording of b, c, asked in the newest."
    ]
    assert check_wordings({"a": "newest", "b": "x/y.txt"}, {"a": (), "b": ()}) == []


def test_a_group_goes_on_without_the_wording(
    settings: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = (tasks_path() / "ptr_gsm8k.yaml").read_text().replace("v1: |-", "v0: |-")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "m.yaml").write_text(text.replace("task: ptr_", "task: my_"))
    with caplog.at_level(logging.WARNING):
        results = evaluate(
            ScriptedLM(), {**settings, "ptr_prompt": "v1"}, ("ptr_gsm8k", "my_gsm8k"),
            tmp_path / "mine",
        )  # fmt: skip
    lacking = [r.getMessage() for r in caplog.records if "no such wording" in r.getMessage()]
    assert lacking == ["ptr_prompt=v1: no such wording of my_gsm8k, asked in the newest."]
    asked = {task: c["ptr"]["settings"]["prompt"] for task, c in results["configs"].items()}
    assert asked == {"ptr_gsm8k": "v1", "my_gsm8k": "newest"}


def test_a_dry_run_counts_the_wording_asked_for(
    settings: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = partial(TaskManager, include_defaults=False)
    monkeypatch.setattr("lm_eval.tasks.TaskManager", ours)
    file = tmp_path / "mine.jinja"
    file.write_text("{{question}}" + " more words" * 500, encoding="utf-8")
    shown = []
    for more in ([], [f"ptr_prompt={file}"]):
        main(["run", "--dry-run", "--model", "dummy", "--tasks", "ptr_gsm8k",
              "--metadata", f"ptr_data={settings['ptr_data']}", "ptr_rounds=1", *more])  # fmt: skip
        shown.append(capsys.readouterr().out)
    assert shown[0] != shown[1]
    with pytest.raises(SystemExit, match="ptr_prompt=v9: no such wording of ptr_gsm8k"):
        main(["run", "--dry-run", "--model", "dummy", "--tasks", "ptr_gsm8k",
              "--metadata", f"ptr_data={settings['ptr_data']}", "ptr_prompt=v9"])  # fmt: skip


def test_scored_again_a_run_keeps_the_wording_and_version_it_was_asked_with(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    evaluate_into(tmp_path / "run", ScriptedLM(), {**settings, "ptr_prompt": "v1"})
    asked = saved(tmp_path / "run")
    main(["rescore", str(tmp_path / "run"), "--out", str(tmp_path / "again")])
    again = saved(tmp_path / "again")
    assert again["doc_to_text"] == asked["doc_to_text"]
    assert again["ptr"]["settings"]["prompt"] == "v1"
    assert again["metadata"]["version"] == asked["metadata"]["version"]


def test_a_first_round_in_another_wording_is_refused(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    evaluate_into(tmp_path / "run", ScriptedLM(), {**settings, "ptr_prompt": "v1"})
    taken = {**settings, "ptr_rounds": 2, "ptr_first_round": str(tmp_path / "run")}
    evaluate(ScriptedLM(), {**taken, "ptr_prompt": "v1"})
    other = tmp_path / "mine.jinja"
    other.write_text("Solve {{question}}", encoding="utf-8")
    with pytest.raises(UserError, match=r"it asked ptr_gsm8k in another wording \(ptr_prompt=v1,"):
        evaluate(ScriptedLM(), {**taken, "ptr_prompt": str(other)})


def test_prompts_in_a_task_s_file_are_checked(settings: dict[str, Any], tmp_path: Path) -> None:
    text = (tasks_path() / "ptr_gsm8k.yaml").read_text().replace("task: ptr_", "task: my_")
    (tmp_path / "m.yaml").write_text(text.replace("v1: |-", "v0: 3\n    newest: |-"))
    with pytest.raises(UserError) as refused:
        evaluate(ScriptedLM(), settings, ("my_gsm8k",), tmp_path)
    said = str(refused.value)
    assert "my_gsm8k, `ptr:` section: `prompts.v0` must be a template." in said
    assert "my_gsm8k, `ptr:` section: `prompts.newest` is `doc_to_text`." in said


@pytest.mark.parametrize("path", sorted(tasks_path().glob("*.yaml")), ids=lambda path: path.stem)
def test_a_task_with_a_former_wording_has_a_higher_version(path: Path) -> None:
    config = read_task_config(path.read_text())
    prompts = (config.get("ptr") or {}).get("prompts") or {}
    assert config["metadata"]["version"] == 1.0 + len(prompts)
    assert config.get("doc_to_text") not in prompts.values()
