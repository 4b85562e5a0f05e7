"""Runs a suite: finished runs are skipped, and a run that fails does not stop the others."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from ptr_eval.errors import UserError
from ptr_eval.runs import samples_are_there
from ptr_eval.suite.command_lines import RESULTS, SuiteRun, plan_runs, shell_line
from ptr_eval.suite.completion import (
    FinishedRun,
    changes_since,
    find_finished,
    mark_finished,
)
from ptr_eval.suite.config import Suite, read_suite
from ptr_eval.suite.processes import execute, interrupted_by_signals, lock_folder

ReportWriter = Callable[[Sequence[FinishedRun], Path, Path | None], object]
"""A function that writes a report on finished runs to a folder, by a configuration file or None."""

# -P: a file in the current folder must not be imported instead of a library.
LM_EVAL = (sys.executable, "-P", "-m", "lm_eval")
LOG = "log.txt"
_TAIL_BYTES, _TAIL_LINES, _TAIL_WIDTH = 65536, 15, 300


def suite_command_lines(path: Path, *, only: Sequence[str] = ()) -> list[str]:
    """Write the runs of a suite as command lines for the shell.

    Args:
        path: The suite file.
        only: Names of models, instructions and tasks; only runs with these are written.

    Returns:
        For each run a comment with its name, and its command line.

    Raises:
        UserError: If the suite file has mistakes, or `only` has an unknown name.
    """
    lines = []
    for run in plan_runs(read_suite(path), only):
        lines.append(f"# {run.name}{_state_of(run)}")
        lines.append(shell_line(run))
    return lines


def _state_of(run: SuiteRun) -> str:
    """Say how far a run is, in brackets; nothing if it was not run yet."""
    if done := find_finished(run):
        again = f" with {_requests(done.failed)} failed, to be asked again" if done.failed else ""
        return f" (finished{again})"
    changes = ", ".join(changes_since(run))
    return f" (to be run again: changed {changes})" if changes else ""


def run_suite(
    path: Path,
    *,
    only: Sequence[str] = (),
    report: ReportWriter | None = None,
    command: Sequence[str] = LM_EVAL,
) -> list[FinishedRun]:
    """Run what is not finished, then write a report on all finished runs.

    Args:
        path: The suite file.
        only: Names of models, instructions and tasks; only runs with these are started. The report
            is on all finished runs.
        report: Writes the report, unless the suite file wants none.
        command: The command that runs lm-eval.

    Returns:
        All finished runs of the suite.

    Raises:
        UserError: If the suite file has mistakes, if the suite is interrupted, if runs failed, or
            if requests of runs failed. In the last two cases all other runs are finished and the
            report is written.
    """
    suite = read_suite(path)
    runs = plan_runs(suite, only)
    problems: list[str] = []
    with lock_folder(suite.out) as lock, interrupted_by_signals():
        try:
            failed = _run_all(runs, command, lock)
            all_finished = [done for run in plan_runs(suite) if (done := find_finished(run))]
            problems += _what_went_wrong(suite, runs, failed)
            if report and suite.report and all_finished:
                out = suite.report.out or suite.out / "report"
                report(all_finished, out, suite.report.config)
        except KeyboardInterrupt:
            raise UserError("Interrupted; the same command goes on from here.") from None
        except UserError as error:  # Of the report.
            problems.append(str(error))
    if problems:
        raise UserError.collect(problems)
    return all_finished


def _what_went_wrong(
    suite: Suite, runs: Sequence[SuiteRun], failed: Sequence[SuiteRun]
) -> list[str]:
    problems = []
    if failed:
        problems.append(
            f"{len(failed)} of {len(runs)} runs failed ({', '.join(run.name for run in failed)}); "
            f"see {LOG} in their folders in {suite.out}; the same command tries them again."
        )
    found = [done for run in runs if run not in failed and (done := find_finished(run))]
    if incomplete := [f"{done.run.name}: {done.failed}" for done in found if done.failed]:
        problems.append(
            f"{len(incomplete)} of {len(runs)} runs have failed requests "
            f"({', '.join(incomplete)}); the same command asks these again."
        )
    return problems


def _run_all(runs: Sequence[SuiteRun], command: Sequence[str], lock: int) -> list[SuiteRun]:
    failed = []
    with tqdm(total=len(runs), desc="runs", unit="run", disable=None, file=sys.stderr) as bar:
        for run in runs:
            bar.set_postfix_str(run.name)
            began = time.monotonic()
            before = find_finished(run)
            if before and not before.failed:
                mark_finished(before, run.fingerprint)  # Its method or step may have changed.
                result = "finished before"
            else:
                if state := _state_of(run):
                    tqdm.write(f"{run.name}{state}", file=sys.stderr)
                if reason := _run_once(run, command, lock):
                    failed.append(run)
                    result = f"failed: {reason}\n{_last_lines(run.folder / LOG)}"
                else:
                    result = f"finished in {time.monotonic() - began:.0f} s{_failures_of(run)}"
            tqdm.write(f"{run.name}: {result}", file=sys.stderr)
            bar.update()
    return failed


def _failures_of(run: SuiteRun) -> str:
    done = find_finished(run)
    return f", but {_requests(done.failed)} failed" if done and done.failed else ""


def _requests(number: int) -> str:
    return f"{number} request{'' if number == 1 else 's'}"


def _run_once(run: SuiteRun, command: Sequence[str], lock: int) -> str | None:
    """Run lm-eval once; return the reason if it failed."""
    run.folder.mkdir(parents=True, exist_ok=True)
    before, inputs = _results_files(run.folder), run.fingerprint
    status = execute([*command, *run.arguments], run.folder / LOG, lock)
    if status:
        return f"ended with status {status}" if status > 0 else f"killed by signal {-status}"
    # lm-eval ends with status 0 even if it could not write its files.
    new = sorted(_results_files(run.folder) - before)
    if not new or not samples_are_there(new[-1]):
        return "wrote no results or no samples"
    mark_finished(FinishedRun(run, new[-1]), inputs)
    return None


def _results_files(folder: Path) -> set[Path]:
    stem, _, ending = RESULTS.partition(".")
    return set(folder.glob(f"{stem}_*.{ending}"))


def _last_lines(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    lines = [row.rpartition("\r")[2] for row in text.replace("\r\n", "\n").split("\n")]
    # The text may contain answers of models; remove control characters for terminals.
    clean = ["".join(c for c in row if c.isprintable()).rstrip() for row in lines]
    return "\n".join(f"    {row[:_TAIL_WIDTH]}" for row in [c for c in clean if c][-_TAIL_LINES:])
