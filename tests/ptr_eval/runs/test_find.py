"""Finding the runs to report, and refusing what is none."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.report import RunEntry
from ptr_eval.runs import RunLabel, find_tasks, newest_results, read_run

OLD, NEW = "2020-01-01T00-00-00.000000", "2030-01-01T00-00-00"  # Without microseconds: there are 0.


def file_of(run: Path) -> Path:
    (found,) = run.rglob("results_*.json")
    return found


def messages_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """List the messages; lm-eval's logger, which a run installs, repeats them."""
    return list(dict.fromkeys(caplog.messages))


def copy_as(
    run: Path,
    time: str,
    change: Callable[[dict[str, Any]], object] = lambda settings: None,
    change_file: Callable[[dict[str, Any]], object] = lambda content: None,
) -> Path:
    """Make of a run another one, of another time and with other settings."""
    old = max(run.rglob("results_*.json"))
    for path in old.parent.glob(f"*{old.stem[8:]}*"):
        shutil.copy(path, path.with_name(path.name.replace(old.stem[8:], time)))
    new = old.with_name(f"results_{time}.json")
    content = json.loads(new.read_text())
    change(content["configs"]["ptr_gsm8k"]["ptr"]["settings"])
    change_file(content)
    new.write_text(json.dumps(content))
    return new


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


# A folder with several runs


def test_a_report_counts_the_newest_of_equal_runs_and_says_so(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = file_of(runs / "base")
    new = copy_as(runs / "base", NEW, lambda settings: settings.update(ledger="/elsewhere"))
    os.utime(old)  # A copied folder: its files' times say nothing.
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert found.saved.results == new
    assert messages_of(caplog) == [
        f"{runs / 'base'} holds 2 runs: all are reported but ptr_gsm8k in {old}, which newer ones "
        "with the same model and settings replace; name a results file to report it."
    ]


def test_a_report_takes_all_runs_that_differ_and_says_so(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy_as(runs / "base", OLD, lambda settings: settings.update(rounds=2, seed=1))
    copy_as(runs / "base", NEW, lambda settings: settings.update(rounds=5))
    names = [found.label.run for found in find_tasks([RunEntry(path=runs / "base")])]
    assert sorted(names) == [
        "base/rounds=2/seed=1", "base/rounds=3/seed=1234", "base/rounds=5/seed=1234",
    ]  # fmt: skip
    assert messages_of(caplog) == [f"{runs / 'base'} holds 3 runs: all are reported."]


def test_two_models_in_one_folder_are_two_runs(runs: Path) -> None:
    edit(runs / "base", lambda r: r.update(model_name="one"))
    edit(runs / "better", lambda r: r.update(model_name="two"))
    names = [found.label.run for found in find_tasks([RunEntry(path=runs)])]
    assert names == ["runs/one", "runs/two"]


DIFFERENCES: dict[str, Callable[[dict[str, Any]], object]] = {
    "model=out/ptr/tiny": lambda r: r.update(model_name="out/ptr/tiny"),
    "peft=b": lambda r: r["config"].update(model_args={"peft": "b"}),
    "num_fewshot=8": lambda r: r["configs"]["ptr_gsm8k"].update(num_fewshot=8),
    "chat_template=True": lambda r: r.update(chat_template="x"),
    "max_gen_toks=9": lambda r: r["configs"]["ptr_gsm8k"]["generation_kwargs"].update(
        max_gen_toks=9
    ),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_runs_that_were_asked_differently_are_not_one(runs: Path, difference: str) -> None:
    edit(runs / "base", lambda r: r.update(model_name="out/ift/tiny"))
    edit(runs / "base", lambda r: r["config"].update(model_args={"peft": "a"}))
    copy_as(runs / "base", NEW, change_file=DIFFERENCES[difference])
    first, second = (found.label.run for found in find_tasks([RunEntry(path=runs / "base")]))
    assert first.startswith(f"base/{difference.partition('=')[0]}=")
    assert second == f"base/{difference}"


def test_more_questions_are_the_same_run_done_anew(runs: Path) -> None:
    new = copy_as(runs / "base", NEW, change_file=lambda r: r["config"].update(limit=3))
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert (found.label.run, found.saved.results) == ("base", new)


def test_folders_of_one_name_are_told_apart_by_those_above(runs: Path) -> None:
    shutil.copytree(runs, runs / "again" / "runs")
    entries = [RunEntry(path=runs / "base"), RunEntry(path=runs / "again" / "runs" / "base")]
    names = [found.label.run for found in find_tasks(entries)]
    assert [name.removeprefix(f"{runs.parent.name}/") for name in names] == [
        "runs/base", "again/runs/base",
    ]  # fmt: skip
    assert len(find_tasks([RunEntry(path=runs / "base"), RunEntry(path=runs / "base")])) == 1


def test_what_needs_one_run_takes_the_newest_by_its_name_and_says_so(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = file_of(runs / "base")
    new = copy_as(runs / "base", NEW, lambda settings: settings.update(rounds=2))
    os.utime(old)
    (saved,) = read_run(runs / "base")
    assert (saved.results, saved.description.settings["rounds"]) == (new, 2)
    assert read_run(old)[0].results == old
    read_run(runs / "base")
    assert messages_of(caplog) == [
        f"{runs / 'base'} holds 2 runs: {new} is taken, the newest by the time in its name; "
        "name another results file to take that one."
    ]


def test_the_newest_run_that_has_the_task_is_taken(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = file_of(runs / "base")
    new = copy_as(runs / "base", NEW)
    new.write_text(new.read_text().replace('"ptr_gsm8k"', '"ptr_math"'))
    assert newest_results(runs / "base", ["ptr_gsm8k"]) == old
    assert f"{old} is taken, the newest with ptr_gsm8k by the time" in caplog.text
    assert newest_results(runs / "base", ["ptr_drop"]) == new


# What is no run of ours


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1, 2]", "is not a results file of lm_eval"),
        ('{"results": {"mine": 3}}', "is not a results file of lm_eval"),
        ('{"configs": [1]}', "is not a results file of lm_eval"),
        ('{"configs": {"gsm8k": {}}}', "has only lm-eval's own tasks (gsm8k), which have no round"),
    ],
)
def test_files_with_nothing_to_read_are_passed_over_and_named(
    runs: Path, caplog: pytest.LogCaptureFixture, text: str, reason: str
) -> None:
    other = runs / "base" / "results_2031-01-01T00-00-00.json"
    other.write_text(text)
    (saved,) = read_run(runs / "base")
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert saved.results == found.saved.results == file_of(runs / "base" / saved.results.parent)
    assert f"{runs / 'base'}: passed over: {other} {reason}" in caplog.text
    assert "holds 2 runs" not in caplog.text


def test_a_whole_run_of_lm_eval_s_own_is_left_out_of_a_report(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edit(runs / "base", lambda r: r.update(configs={"arc_easy": {}, "gsm8k": {}}))
    found = find_tasks([RunEntry(path=runs / "base"), RunEntry(path=runs / "better")])
    assert [each.label.run for each in found] == ["better"]
    assert "has only lm-eval's own tasks (arc_easy, gsm8k), which have no rounds" in caplog.text
    with pytest.raises(UserError, match=r"base has no ptr_\* task to read: .*lm-eval's own tasks"):
        read_run(runs / "base")


def test_lm_eval_s_own_tasks_beside_ours_are_named(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = edit(runs / "base", lambda r: r["configs"].update(arc_easy={}))
    expected = f"{path}: left out: arc_easy, lm-eval's own, which have no rounds."
    assert [saved.task for saved in read_run(runs / "base")] == ["ptr_gsm8k"]
    assert messages_of(caplog) == [expected]
    assert [found.task for found in find_tasks([RunEntry(path=runs / "base")])] == ["ptr_gsm8k"]


def test_a_run_without_samples_is_left_out_where_there_are_others(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    new = copy_as(runs / "base", NEW)
    next(new.parent.glob(f"samples_*{NEW}*")).unlink()
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert found.saved.results != new
    assert f"{new} has no samples beside it (--log_samples)" in caplog.text
    with pytest.raises(UserError, match=rf"samples_ptr_gsm8k_{NEW}\.jsonl is missing; run lm_eval"):
        read_run(runs / "base")


def test_a_suite_s_note_names_the_run(runs: Path) -> None:
    noted = {"model": "m", "method": "IFT", "step": 300, "instruction": "doubt", "inputs": {}}
    (runs / "base" / "run.json").write_text(json.dumps(noted))
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert found.label == RunLabel("base", "m", "IFT", "doubt", 300)


@pytest.mark.parametrize("text", ['{"model": "other"}', "[]", "not JSON"])
def test_another_program_s_run_json_names_nothing(runs: Path, text: str) -> None:
    (runs / "base" / "run.json").write_text(text)
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert found.label.checkpoint != "other"


def test_what_a_suite_has_repeated_is_not_a_run_of_its_own(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = copy_as(runs / "base", "2020-01-01T00-00-00.000000", lambda s: s.update(rounds=2))
    names = {"model": "m", "method": "m", "step": None, "instruction": "neutral"}
    noted = {**names, "results": file_of(runs / "better").name, "inputs": {}}
    (runs / "base" / "run.json").write_text(json.dumps(noted))
    (runs / "better" / "run.json").write_text(json.dumps(noted))
    assert len(find_tasks([RunEntry(path=runs)])) == 1
    assert f"{old} is older than the one that its suite has finished" in caplog.text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"instruction": "/a/b/words.txt"}, "words.txt"),
        ({"instruction": "Check and/or correct it."}, "Check and/or correct it."),
        ({"protocol": "/a/b/mine.py:Critique"}, "mine.py:Critique"),
    ],
)
def test_an_instruction_is_called_without_its_folders(
    runs: Path, settings: dict[str, str], expected: str
) -> None:
    edit(runs / "base", lambda r: r["configs"]["ptr_gsm8k"]["ptr"]["settings"].update(settings))
    (found,) = find_tasks([RunEntry(path=runs / "base")])
    assert found.label.instruction == expected


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
