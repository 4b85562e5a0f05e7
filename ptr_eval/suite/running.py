"""Running a suite: what is finished is skipped, what fails does not stop the others."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from ptr_eval.errors import UserError
from ptr_eval.suite.command_lines import RESULTS, Run, line, plan
from ptr_eval.suite.completion import FinishedRun, finished, mark_finished
from ptr_eval.suite.config import read_suite
from ptr_eval.suite.processes import execute, interrupted_by_signals, locked

Report = Callable[[Sequence[FinishedRun], Path, Path | None], object]
"""Writes a report on finished runs into a folder, with a settings file if there is one."""

# -P: what lies in the current folder must not be imported in place of a library.
LM_EVAL = (sys.executable, "-P", "-m", "lm_eval")
LOG = "log.txt"
_TAIL_BYTES, _TAIL_LINES, _TAIL_WIDTH = 65536, 15, 300


def suite_lines(path: Path, *, only: Sequence[str] = ()) -> list[str]:
    """Write a suite's runs as lines for the shell.

    Args:
        path: The suite file.
        only: Names of models, instructions and tasks to which to keep.

    Returns:
        For every run a comment with its name, and its line.

    Raises:
        UserError: If the suite cannot work.
    """
    written = []
    for run in plan(read_suite(path), only):
        written.append(f"# {run.name}{' (finished)' if finished(run) else ''}")
        written.append(line(run))
    return written


def run_suite(
    path: Path,
    *,
    only: Sequence[str] = (),
    report: Report | None = None,
    command: Sequence[str] = LM_EVAL,
) -> list[FinishedRun]:
    """Run what is not finished, then report on all that is.

    Args:
        path: The suite file.
        only: Names of models, instructions and tasks to which to keep; the report is on all.
        report: Writes the report, unless the suite wants none.
        command: What runs lm-eval.

    Returns:
        All finished runs of the suite.

    Raises:
        UserError: If the suite cannot work, is interrupted, or runs failed; the others are
            done and reported on by then.
    """
    suite = read_suite(path)
    runs = plan(suite, only)
    with locked(suite.out) as lock, interrupted_by_signals():
        try:
            failed = _run_all(runs, command, lock)
            all_finished = [done for run in plan(suite) if (done := finished(run))]
            if report and suite.report and all_finished:
                out = suite.report.out or suite.out / "report"
                report(all_finished, out, suite.report.config)
        except KeyboardInterrupt:
            raise UserError("Interrupted; the same command goes on from here.") from None
    if failed:
        raise UserError(
            f"{len(failed)} of {len(runs)} runs failed ({', '.join(run.name for run in failed)}); "
            f"see {LOG} in their folders below {suite.out}; the same command tries them again."
        )
    return all_finished


def _run_all(runs: Sequence[Run], command: Sequence[str], lock: int) -> list[Run]:
    failed = []
    with tqdm(total=len(runs), desc="runs", unit="run", disable=None, file=sys.stderr) as bar:
        for run in runs:
            bar.set_postfix_str(run.name)
            began = time.monotonic()
            if done := finished(run):
                mark_finished(done)  # Its method or step may have changed.
                said = "finished before"
            elif reason := _attempt(run, command, lock):
                failed.append(run)
                said = f"failed: {reason}\n{_tail(run.folder / LOG)}"
            else:
                said = f"finished in {time.monotonic() - began:.0f} s"
            tqdm.write(f"{run.name}: {said}", file=sys.stderr)
            bar.update()
    return failed


def _attempt(run: Run, command: Sequence[str], lock: int) -> str | None:
    """Run lm-eval once; say why that failed, if it did."""
    run.folder.mkdir(parents=True, exist_ok=True)
    before = _results(run.folder)
    status = execute([*command, *run.arguments], run.folder / LOG, lock)
    if status:
        return f"ended with status {status}" if status > 0 else f"killed by signal {-status}"
    # lm-eval ends well even if it could not write its files.
    new = sorted(_results(run.folder) - before)
    if not new or not _complete(new[-1]):
        return "wrote no results or no samples"
    mark_finished(FinishedRun(run, new[-1]))
    return None


def _results(folder: Path) -> set[Path]:
    stem, _, ending = RESULTS.partition(".")
    return set(folder.glob(f"{stem}_*.{ending}"))


def _complete(results: Path) -> bool:
    stamp = results.stem.partition("_")[2]
    try:
        tasks = list(json.loads(results.read_text(encoding="utf-8"))["configs"])
    except (ValueError, KeyError, TypeError):
        return False
    files = [results.with_name(f"samples_{task}_{stamp}.jsonl") for task in tasks]
    return bool(files) and all(file.is_file() for file in files)


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    rows = [row.rpartition("\r")[2] for row in text.replace("\r\n", "\n").split("\n")]
    # Models' answers may be among it: nothing that a terminal would obey.
    clean = ["".join(c for c in row if c.isprintable()).rstrip() for row in rows]
    return "\n".join(f"    {row[:_TAIL_WIDTH]}" for row in [c for c in clean if c][-_TAIL_LINES:])
