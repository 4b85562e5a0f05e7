"""Running a suite: what is done, what is skipped, and what is left after every kind of end."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.suite import FinishedRun, run_suite, suite_command_lines
from tests.ptr_eval.suite.conftest import Workplace

BASE, TUNED = "base/neutral/ptr_gsm8k", "tuned/neutral/ptr_gsm8k"
ROOT = Path(__file__).parents[3]


def test_every_run_is_done_once_and_described(place: Workplace) -> None:
    entries = place.run()
    assert place.calls() == [BASE, TUNED]
    runs = [done.run for done in entries]
    assert [(r.model, r.method, r.step, r.instruction, r.task) for r in runs] == [
        ("base", "base", None, "neutral", "ptr_gsm8k"),
        ("tuned", "tuned", 5, "neutral", "ptr_gsm8k"),
    ]
    assert [done.results.parent for done in entries] == [place.out / BASE, place.out / TUNED]
    record = json.loads((place.out / TUNED / "run.json").read_text())
    assert (record["model"], record["method"], record["step"]) == ("tuned", "tuned", 5)
    assert record["results"] == entries[1].results.name
    assert (record["inputs"]["backend"], record["inputs"]["limit"]) == ("dummy", 2)
    assert place.run() == entries
    assert place.calls() == []


def test_the_dry_run_says_what_is_finished(place: Workplace) -> None:
    place.run(only=["base"])
    written = suite_command_lines(place.file)
    assert written[::2] == [f"# {BASE} (finished)", f"# {TUNED}"]


def test_changed_arguments_are_run_again_and_only_they(place: Workplace) -> None:
    first = place.run()
    models = {"base": {"backend": "dummy", "batch_size": 4}, "tuned": {"backend": "dummy"}}
    place.calls()
    place.write(models=models)
    second = place.run()
    assert place.calls() == [BASE]
    assert second[0].results != first[0].results
    assert second[1].results == first[1].results


def test_a_changed_text_of_an_instruction_is_run_again(place: Workplace) -> None:
    words = place.folder / "words.txt"
    words.write_text("Think again.")
    place.write(instructions=["neutral", {"name": "mine", "file": "words.txt"}])
    place.run()
    place.calls()
    words.write_text("Think it over again.")
    place.run()
    assert place.calls() == ["base/mine/ptr_gsm8k", "tuned/mine/ptr_gsm8k"]


def test_a_changed_task_of_ones_own_is_run_again(place: Workplace) -> None:
    (place.folder / "mine").mkdir()
    task = place.folder / "mine" / "mine.yaml"
    task.write_text("task: mine\nptr: {}\ndoc_to_text: one\n")
    place.write(include_path="mine", tasks={"mine": {}, "ptr_gsm8k": {}})
    place.run(only=["base"])
    place.calls()
    task.write_text("task: mine\nptr: {}\ndoc_to_text: two\n")
    place.run(only=["base"])
    assert place.calls() == ["base/neutral/mine"]


def test_a_changed_label_runs_nothing_again_but_is_recorded(place: Workplace) -> None:
    place.run(only=["base"])
    place.calls()
    place.write(models={"base": {"backend": "dummy", "method": "IFT", "step": 3}})
    (done,) = place.run()
    assert place.calls() == []
    assert (done.run.method, done.run.step) == ("IFT", 3)
    record = json.loads((place.out / BASE / "run.json").read_text())
    assert (record["method"], record["step"]) == ("IFT", 3)


@pytest.mark.parametrize("harm", ["", "[]", '{"inputs": 1}', "no record", "no results"])
def test_a_run_whose_files_are_harmed_is_run_again(place: Workplace, harm: str) -> None:
    (done, _) = place.run()
    place.calls()
    if harm == "no results":
        done.results.unlink()
    elif harm == "no record":
        (done.run.folder / "run.json").unlink()
    else:
        (done.run.folder / "run.json").write_text(harm)
    place.run()
    assert place.calls() == [BASE]


# Failures


def test_a_failure_stops_no_other_run_and_is_tried_again(
    place: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    place.tell("fail", BASE)
    reported: list[Sequence[FinishedRun]] = []

    def report(entries: Sequence[FinishedRun], out: Path, config: Path | None) -> None:
        reported.append(entries)

    with pytest.raises(UserError) as caught:
        place.run(report=report)
    assert str(caught.value) == (
        f"1 of 2 runs failed ({BASE}); see log.txt in their folders in {place.out}; "
        "the same command tries them again."
    )
    assert place.calls() == [BASE, TUNED]
    assert [[done.run.model for done in entries] for entries in reported] == [["tuned"]]
    said = capsys.readouterr().err
    assert f"{BASE}: failed: ended with status 3\n" in said
    assert "    line 39\n    the [31mlast\n    words" in said  # Without what terminals obey.
    assert "line 10\n" not in said
    assert not (place.out / BASE / "run.json").exists()
    place.tell("fail")
    assert len(place.run()) == 2
    assert place.calls() == [BASE]


@pytest.mark.parametrize("what", ["silent", "no_samples"])
def test_a_run_that_wrote_nothing_has_failed_whatever_it_says(
    place: Workplace, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    place.tell(what, BASE)
    with pytest.raises(UserError, match="1 of 2 runs failed"):
        place.run()
    assert "failed: wrote no results or no samples" in capsys.readouterr().err


def test_old_results_are_not_taken_for_those_of_a_failed_run(place: Workplace) -> None:
    place.run(only=["base"])
    place.write(tasks={"ptr_gsm8k": {"limit": 3}})
    place.tell("silent", BASE)
    with pytest.raises(UserError, match="1 of 1 runs failed"):
        place.run(only=["base"])
    place.write()
    place.calls()
    assert len(place.run(only=["base"])) == 1  # The old arguments, and their results.
    assert place.calls() == []


def test_a_program_that_is_not_there(place: Workplace) -> None:
    with pytest.raises(FileNotFoundError):
        run_suite(place.file, command=["/nowhere/lm_eval"])
    assert len(place.run()) == 2


# Reports


def test_the_report_is_on_all_finished_runs_and_told_where(place: Workplace) -> None:
    given: list[Any] = []

    def report(*arguments: Any) -> None:
        given.append(arguments)

    (place.folder / "report.yaml").write_text("")
    place.write(report={"out": "my report", "config": "report.yaml"})
    place.run(only=["base"], report=report)
    entries = place.run(only=["tuned"], report=report)
    assert [done.run.model for done in entries] == ["base", "tuned"]
    assert given[1] == (entries, place.folder / "my report", place.folder / "report.yaml")
    assert [len(arguments[0]) for arguments in given] == [1, 2]


def test_no_report_where_none_is_wanted(place: Workplace) -> None:
    place.write(report=False)
    place.run(report=lambda *arguments: pytest.fail("a report was written"))


# Ends from outside


def started(place: Workplace, setup: str = "") -> subprocess.Popen[str]:
    """Start the suite in a process of its own."""
    # What a shell starts in the background ignores interrupts, and so would the suite.
    code = (
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys\nfrom pathlib import Path\nfrom ptr_eval.suite import processes, run_suite\n"
        f"{setup}\nrun_suite(Path(sys.argv[1]), command=sys.argv[2:])"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(place.file), *place.command],
        stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition was not met in time"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def hanging(place: Workplace) -> list[int]:
    """Wait until the stand-in hangs; return its process and its helper's."""
    until((place.control / "pids").exists)
    return [int(pid) for pid in (place.control / "pids").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_suite_ends_all_it_started_and_goes_on_later(
    place: Workplace, number: signal.Signals
) -> None:
    place.tell("hang", TUNED)
    suite = started(place)
    pids = hanging(place)
    suite.send_signal(number)
    said = suite.communicate(timeout=30)[1]
    assert suite.returncode == 1
    assert said.splitlines()[-1] == "Interrupted; the same command goes on from here."
    assert "Traceback" not in said
    until(lambda: all(gone(pid) for pid in pids))
    assert (place.out / BASE / "run.json").exists()
    assert not (place.out / TUNED / "run.json").exists()
    place.tell("hang")
    place.calls()
    assert len(place.run()) == 2
    assert place.calls() == [TUNED]


def test_a_run_that_will_not_be_interrupted_is_killed(place: Workplace) -> None:
    place.tell("hang", BASE)
    place.tell("stubborn", BASE)
    suite = started(place, setup="processes.GRACE_SECONDS = 0.2")
    pids = hanging(place)
    suite.send_signal(signal.SIGINT)
    suite.communicate(timeout=30)
    until(lambda: all(gone(pid) for pid in pids))


def test_nothing_is_left_of_a_run_that_fails(place: Workplace) -> None:
    place.tell("hang", BASE)
    place.tell("fail", BASE)
    (place.control / "go").touch()
    with pytest.raises(UserError, match="1 of 2 runs failed"):
        place.run()
    until(lambda: all(gone(pid) for pid in hanging(place)))


def test_a_killed_suite_is_gone_on_with(place: Workplace) -> None:
    place.tell("hang", TUNED)
    suite = started(place)
    orphan, helper = hanging(place)
    suite.kill()
    suite.communicate(timeout=30)
    assert not gone(orphan)
    with pytest.raises(UserError, match=rf"in use by .* \(processes {suite.pid}, {orphan}\)"):
        place.run()  # Two of the same run would get in each other's way.
    for pid in (orphan, helper):
        os.kill(pid, signal.SIGKILL)
    until(lambda: gone(orphan))
    assert not (place.out / TUNED / "run.json").exists()
    place.tell("hang")
    place.calls()
    assert len(place.run()) == 2
    assert place.calls() == [TUNED]


def test_a_second_suite_is_refused(place: Workplace) -> None:
    place.tell("hang", BASE)
    suite = started(place)
    hanging(place)
    with pytest.raises(UserError, match=r"is in use by another suite, or by a run"):
        place.run()
    (place.control / "go").touch()
    suite.communicate(timeout=30)
    assert suite.returncode == 0
    assert place.calls() == [BASE, TUNED]
    assert len(place.run()) == 2


def test_a_folder_that_cannot_be_written_to(place: Workplace) -> None:
    (place.folder / "file").write_text("")
    place.write(out="file/out")
    with pytest.raises(UserError, match=r"file/out cannot be written to \(Not a directory\); name"):
        place.run()


def test_the_suite_does_not_import_lm_eval(place: Workplace) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom ptr_eval.suite import suite_command_lines\n"
        "suite_command_lines(Path(sys.argv[1]))\n"
        "print(sorted({'lm_eval', 'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(place.file)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout == "[]\n"
