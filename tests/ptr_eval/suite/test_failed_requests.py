"""Runs that were finished although requests failed: shown, asked again, and an exit status."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from ptr_eval.cli import main
from ptr_eval.errors import UserError
from ptr_eval.suite import FinishedRun, run_suite, suite_command_lines
from tests.ptr_eval.suite.conftest import Workplace

BASE, TUNED = "base/neutral/ptr_gsm8k", "tuned/neutral/ptr_gsm8k"


def test_failed_requests_are_told_reported_and_asked_again(
    place: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    reported: list[list[tuple[str, int]]] = []

    def report(entries: Sequence[FinishedRun], out: Path, config: Path | None) -> None:
        reported.append([(done.run.model, done.failed) for done in entries])

    place.tell("failed", BASE)
    with pytest.raises(UserError) as caught:
        place.run(report=report)
    assert str(caught.value) == (
        f"1 of 2 runs have failed requests ({BASE}: 3); the same command asks these again."
    )
    assert place.calls() == [BASE, TUNED]
    assert reported == [[("base", 3), ("tuned", 0)]]
    assert f"{BASE}: finished in 0 s, but 3 requests failed\n" in capsys.readouterr().err
    assert suite_command_lines(place.file)[::2] == [
        f"# {BASE} (finished with 3 requests failed, to be asked again)",
        f"# {TUNED} (finished)",
    ]
    place.tell("failed")
    assert [done.failed for done in place.run()] == [0, 0]
    assert place.calls() == [BASE]
    said = capsys.readouterr().err
    assert f"{BASE} (finished with 3 requests failed, to be asked again)\n" in said
    place.run()
    assert place.calls() == []


def test_answers_that_were_refused_are_not_asked_again_for_ever(place: Workplace) -> None:
    place.tell("refused", BASE)
    place.run()
    place.calls()
    place.run()
    assert place.calls() == []


def test_a_repeated_run_that_ends_badly_leaves_the_results_before_it(place: Workplace) -> None:
    place.tell("failed", BASE)
    with pytest.raises(UserError):
        place.run()
    place.tell("fail", BASE)
    entries: list[FinishedRun] = []
    with pytest.raises(UserError) as caught:
        place.run(report=lambda done, out, config: entries.extend(done))
    assert str(caught.value).startswith(f"1 of 2 runs failed ({BASE}); see log.txt")
    assert [(done.run.model, done.failed) for done in entries] == [("base", 3), ("tuned", 0)]


def test_failed_runs_and_failed_requests_are_told_together(place: Workplace) -> None:
    place.tell("fail", BASE)
    place.tell("failed", TUNED)
    with pytest.raises(UserError) as caught:
        place.run()
    said = str(caught.value).splitlines()
    assert said[0] == "2 problems:"
    assert said[1].startswith(f"  - 1 of 2 runs failed ({BASE})")
    assert said[2].startswith(f"  - 1 of 2 runs have failed requests ({TUNED}: 3)")


def test_a_report_that_cannot_be_written_hides_nothing(place: Workplace) -> None:
    def report(entries: Sequence[FinishedRun], out: Path, config: Path | None) -> None:
        raise UserError("two runs are called x.")

    with pytest.raises(UserError, match=r"^two runs are called x\.$"):
        place.run(report=report)
    place.tell("fail", BASE)
    place.write(tasks={"ptr_gsm8k": {"limit": 3}})
    with pytest.raises(UserError, match=r"- 1 of 2 runs failed .*\n  - two runs are called x\."):
        place.run(report=report)


def test_the_command_ends_with_a_status(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    place.tell("failed", BASE)
    place.write(report=False)
    monkeypatch.setattr("ptr_eval.suite.run_suite", partial(run_suite, command=place.command))
    with pytest.raises(SystemExit, match="1 of 2 runs have failed requests") as caught:
        main(["suite", str(place.file)])
    assert isinstance(caught.value.code, str)  # Printed, with status 1.
