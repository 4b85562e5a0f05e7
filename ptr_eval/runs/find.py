"""Finding runs: which tasks the folders of a report hold, and what each run is called."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ptr_eval.config import FilePath, Settings, Text
from ptr_eval.errors import UserError
from ptr_eval.runs.description import TaskDescription
from ptr_eval.runs.factors import Factors, distinguished, factors_of, labelled
from ptr_eval.runs.files import results_in
from ptr_eval.runs.run_label import RunLabel
from ptr_eval.runs.saved import SavedTask, tasks_of

_MARKER = "run.json"


class RunEntry(Settings):
    """A run to be reported."""

    path: FilePath
    """A results file, or a folder that holds some."""
    name: Text | None = None
    """Its name; the folder's by default."""
    checkpoint: Text | None = None
    """The model's name; as lm-eval recorded it by default."""
    method: Text | None = None
    """How the checkpoint was trained or prompted; its name by default."""
    step: Annotated[int, Field(ge=0)] | None = None
    """Its training step, where it is one of a series."""
    instruction: Text | None = None
    """The name of its refinement instruction; as recorded by default."""


@dataclass(frozen=True, slots=True)
class ReportedTask:
    """One task of one run, under one scorer."""

    saved: SavedTask
    """The task as lm-eval saved it."""
    label: RunLabel
    """What its run is called."""
    scorer: str
    """The scorer to report."""

    @property
    def task(self) -> str:
        """The task's name."""
        return self.saved.task

    @property
    def samples(self) -> Path:
        """The samples file."""
        return self.saved.samples

    @property
    def description(self) -> TaskDescription:
        """How the task was asked and scored."""
        return self.saved.description


def find_tasks(entries: Sequence[RunEntry], scorer: str | None = None) -> list[ReportedTask]:
    """Find the tasks of runs.

    A folder may hold several results files: of a task that one model answered several times
    in the same way, the newest counts. What runs differ in by plan stands in their labels.

    Args:
        entries: The runs asked for.
        scorer: The scorer to report; each task's first by default.

    Returns:
        The tasks, run by run.

    Raises:
        UserError: If there are none, a file is broken, or two runs have the same name.
    """
    named: list[ReportedTask] = []
    owners: dict[str, RunLabel] = {}
    for entry in entries:
        tasks = list(_tasks_of(entry, scorer))
        labels = {task.label for task in tasks}
        for task in tasks:
            label = _unique(task.label, labels)
            if owners.setdefault(label.run, label) != label:
                raise UserError(
                    f"two runs are called {label.run!r} ({entry.path} is the second); give each "
                    "a name of its own under `runs:` in the report's configuration."
                )
            named.append(replace(task, label=label))
    return _with_factors(named)


def _with_factors(tasks: Sequence[ReportedTask]) -> list[ReportedTask]:
    """Name what runs differ in by plan; of equal ones that did the same task, the last counts."""
    found: dict[tuple[RunLabel, str], tuple[ReportedTask, Factors]] = {}
    factors = [factors_of(task.saved, task.label) for task in tasks]
    labels_used = distinguished([(t.label, t.task, f) for t, f in zip(tasks, factors, strict=True)])
    for task, label, mine in zip(tasks, labels_used, factors, strict=True):
        found[label, task.task] = replace(task, label=label), mine
    labels = labelled([(task.label, task.task, mine) for task, mine in found.values()])
    return [replace(task, label=labels[task.label]) for task, _ in found.values()]


def _unique(label: RunLabel, labels: Collection[RunLabel]) -> RunLabel:
    """Tell runs in one folder apart by what they differ in."""
    parts = [label.run]
    if len({other.checkpoint for other in labels}) > 1:
        parts.append(label.checkpoint)
    if len({other.instruction for other in labels}) > 1:
        parts.append(label.instruction)
    return replace(label, run="/".join(dict.fromkeys(parts)))


def _tasks_of(entry: RunEntry, scorer: str | None) -> Iterator[ReportedTask]:
    paths = [entry.path]
    if entry.path.is_dir():
        paths = results_in(entry.path)
    elif not entry.path.is_file():
        raise UserError(f"{entry.path}: no such file or folder; name what lm_eval wrote to.")
    if not paths:
        raise UserError(f"{entry.path} holds no results_*.json; name the --output_path of a run.")
    none = True
    for path in paths:
        for task in _read(path, entry, scorer):
            none = False
            yield task
    if none:
        raise UserError(f"{entry.path} has no ptr_* task; only runs of these can be reported.")


def _read(path: Path, entry: RunEntry, scorer: str | None) -> Iterator[ReportedTask]:
    marker = _marker(path)
    for saved in tasks_of(path):
        label = _label(entry, saved, marker)
        yield ReportedTask(saved, label, _scorer(saved, scorer))


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


def _label(entry: RunEntry, saved: SavedTask, marker: Mapping[str, Any]) -> RunLabel:
    """Name a run: by the report's configuration, else by its suite, else by itself."""
    model = saved.model.rstrip("/").rpartition("/")[2]
    checkpoint = entry.checkpoint or marker.get("model") or model
    settings = saved.description.settings
    instruction = str(marker.get("instruction") or settings.get("instruction") or "")
    if settings.get("protocol") != "sequential":
        instruction = str(settings.get("protocol"))
    step = marker.get("step") if entry.step is None else entry.step
    return RunLabel(
        run=entry.name or entry.path.resolve().name,
        checkpoint=str(checkpoint),
        method=entry.method or str(marker.get("method") or checkpoint),
        instruction=entry.instruction or instruction,
        step=step if isinstance(step, int) else None,
    )


def _marker(path: Path) -> Mapping[str, Any]:
    """Read the file that a suite writes beside a run, if a suite made it."""
    for folder in list(path.parents)[:3]:
        if (folder / _MARKER).is_file():
            try:
                marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
            except ValueError:
                return {}
            return marker if isinstance(marker, Mapping) else {}
    return {}
