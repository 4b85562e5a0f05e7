"""Finding runs: which runs a path stands for.

A folder may hold many runs. What needs one run takes the newest; a report takes all, and counts the
newest of those that are equal but for their time. The time is the one in the file's name, which a
copy keeps. What is taken and what is passed over is always said.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.runs.factors import factors_of, labelled
from ptr_eval.runs.files import results_of, time_of
from ptr_eval.runs.naming import different_labels, label_of, marker_of, named
from ptr_eval.runs.reported import ReportedTask, RunEntry
from ptr_eval.runs.run_label import RunLabel
from ptr_eval.runs.saved import (
    SavedTask,
    foreign_tasks,
    is_unscored,
    read_results,
    tasks_of,
    why_foreign,
    without_samples,
)

_log = logging.getLogger(__name__)

_SHOWN = 3
"""How many files a message names."""


def newest_results(run: Path, tasks: Collection[str] = ()) -> Path:
    """Find the results file of one run: of several, the newest by the time in its name.

    Which of several is taken, and what is passed over, is logged.

    Args:
        run: A results file, a folder with some below it, or the `X.json` that `--output_path` was.
        tasks: The tasks wanted; the newest run that has all of them is taken, if there is one.

    Returns:
        The file; it has a refinement task, unless it was cut off.

    Raises:
        UserError: If there is none.
    """
    foreign, files = _divided(results_of(run))
    if not files:
        raise UserError(f"{run} has no ptr_* task to read: {_some(foreign)}.")
    newest_first = files[::-1]
    wanted = (path for path in newest_first if tasks and set(tasks) <= _task_names(path))
    taken = next(wanted, newest_first[0])
    _say_passed_over(run, foreign)
    if len(files) > 1:
        having = f" with {', '.join(tasks)}" if tasks and set(tasks) <= _task_names(taken) else ""
        _say(
            f"{run} holds {len(files)} runs: {taken} is taken, the newest{having} by the time in "
            "its name; name another results file to take that one."
        )
    _say_own_tasks(taken)
    return taken


def read_run(run: Path, tasks: Collection[str] = ()) -> list[SavedTask]:
    """Read which refinement tasks a run has.

    Args:
        run: Its results file, or a folder; see `newest_results`.
        tasks: The tasks wanted; see `newest_results`.

    Returns:
        The tasks.

    Raises:
        UserError: If there are none, the file is broken, its samples were not logged, or a
            version that this one cannot read wrote it.
    """
    return list(tasks_of(newest_results(run, tasks)))


def tasks_wanted(run: Path, tasks: Sequence[str] = ()) -> dict[str, SavedTask]:
    """Read which of a run's tasks `--tasks` asks for.

    Args:
        run: Its results file, or a folder; see `newest_results`.
        tasks: The tasks wanted; all if empty.

    Returns:
        The tasks by name, in the order in which they are wanted.

    Raises:
        UserError: If the run lacks one, or cannot be read; see `read_run`.
    """
    saved = {task.task: task for task in read_run(run, tasks)}
    if unknown := [task for task in tasks if task not in saved]:
        results = next(iter(saved.values())).results
        raise UserError(f"--tasks {','.join(unknown)}: {results} has {', '.join(saved)}.")
    return {name: saved[name] for name in tasks or saved}


def find_tasks(entries: Sequence[RunEntry], scorer: str | None = None) -> list[ReportedTask]:
    """Find the tasks of runs.

    A folder may hold several runs, and all are found: they are named after what they differ in. Of
    a task that one model did several times with the same settings, the newest counts. What is
    passed over is logged: lm-eval's own tasks, other programs' files, runs without samples.

    Args:
        entries: The runs asked for.
        scorer: The scorer to report; each task's first by default.

    Returns:
        The tasks, run by run.

    Raises:
        UserError: If there are none, a file is broken, or two runs have the same name.
    """
    found: dict[tuple[RunLabel, str], ReportedTask] = {}
    owners: dict[str, RunLabel] = {}
    for entry in named(entries):
        for task in _counted(entry, list(_tasks_of(entry, scorer))):
            owner = owners.setdefault(task.label.run, task.label)
            first = found.setdefault((task.label, task.task), task)
            if owner != task.label or not first.samples.samefile(task.samples):
                raise UserError(
                    f"two runs are called {owner.run!r} ({entry.path} is the second); give each "
                    "a name of its own under `runs:` in the report's configuration."
                )
    if not found:
        paths = ", ".join(str(entry.path) for entry in entries)
        raise UserError(f"{paths} has no ptr_* task; only runs of these can be reported.")
    return _with_factors(list(found.values()))


def _with_factors(tasks: Sequence[ReportedTask]) -> list[ReportedTask]:
    """Write into labels what runs differ in by plan."""
    labels = labelled(
        [(task.label, task.task, factors_of(task.saved, task.label)) for task in tasks]
    )
    return [replace(task, label=labels[task.label]) for task in tasks]


def _counted(entry: RunEntry, tasks: Sequence[ReportedTask]) -> list[ReportedTask]:
    """Name the runs of one entry, older ones first; leave out those that a newer one repeats."""
    newest: dict[tuple[RunLabel, str], ReportedTask] = {}
    for task, label in zip(tasks, different_labels(entry, tasks), strict=True):
        newest[label, task.task] = replace(task, label=label)
    counted = {(task.saved.results, task.task) for task in newest.values()}
    given = {(task.saved.results, task.task) for task in tasks}
    files = len({path for path, _ in given})
    if older := sorted(f"{task} in {path}" for path, task in given - counted):
        _say(
            f"{entry.path} holds {files} runs: all are reported but {_some(older)}, which newer "
            "ones with the same model and settings replace; name a results file to report it."
        )
    elif files > 1:
        _say(f"{entry.path} holds {files} runs: all are reported.")
    return list(newest.values())


def _tasks_of(entry: RunEntry, scorer: str | None) -> Iterator[ReportedTask]:
    """Read the tasks of an entry, those of older runs first."""
    foreign, files = _divided(results_of(entry.path))
    if len(files) > 1:
        unusable = {path: reason for path in files if (reason := _why_unusable(path))}
        files = [path for path in files if path not in unusable]
        foreign += [f"{path} {reason}" for path, reason in unusable.items()]
    if not files and not any("lm-eval's own" in reason for reason in foreign):
        raise UserError(f"{entry.path} has no run to report: {_some(foreign)}.")
    _say_passed_over(entry.path, foreign)
    for path in files:
        _say_own_tasks(path)
        for saved in tasks_of(path):
            label = label_of(entry, saved, marker_of(path))
            yield ReportedTask(saved, label, _scorer(saved, scorer))


def _divided(files: Sequence[Path]) -> tuple[list[str], list[Path]]:
    """Divide files into those with nothing to read, each with the reason, and runs of our tasks."""
    reasons = {path: why_foreign(path) for path in files}
    foreign = [f"{path} {reason}" for path, reason in reasons.items() if reason]
    return foreign, [path for path, reason in reasons.items() if not reason]


def _why_unusable(results: Path) -> str | None:
    """Say why a run of ours cannot be reported, where others in its folder can."""
    if time_of(results) < time_of(Path(str(marker_of(results).get("results", "")))):
        return "is older than the one that its suite has finished"
    if without_samples(results):
        return "has no samples beside it (--log_samples)"
    try:
        unscored = is_unscored(read_results(results))
    except UserError:
        return None
    return "was made with --predict_only; `ptr-eval rescore` it first" if unscored else None


def _task_names(results: Path) -> set[str]:
    try:
        facts = read_results(results)
    except UserError:
        return set()
    return set(facts["configs"]) - set(foreign_tasks(facts))


def _say_passed_over(run: Path, foreign: Sequence[str]) -> None:
    if foreign:
        _say(f"{run}: passed over: {_some(foreign)}.")


def _say_own_tasks(results: Path) -> None:
    try:
        foreign = foreign_tasks(read_results(results))
    except UserError:
        return
    if foreign:
        _say(f"{results}: left out: {', '.join(foreign)}, lm-eval's own, which have no rounds.")


@cache
def _say(message: str) -> None:
    """Log a message once: the tasks of a run look for the same files again and again."""
    _log.warning(message)


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return f"{'; '.join(items[:_SHOWN])}{more}"


def _scorer(saved: SavedTask, wanted: str | None) -> str:
    """Choose the scorer; the first one that was applied is the headline."""
    applied = saved.description.applied
    if wanted is None:
        return applied[0]
    if wanted not in applied:
        raise UserError(
            f"{saved.results}: {saved.task} was not scored by {wanted!r} but by "
            f"{', '.join(map(repr, applied))}; change `scorer:` in the report's configuration, or "
            "`ptr-eval rescore` the run."
        )
    return wanted
