"""Runs of several checkpoints of one training, lined up by step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ptr_eval.report.data.panels import Panel, tasks_of
from ptr_eval.report.plots.curves import items_phrase
from ptr_eval.runs import RunLabel, in_words
from ptr_eval.stats import recorded_mean
from ptr_eval.stats.arrays import Codes, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Checkpoints of one method; J tasks, K steps, T rounds. Accuracies are in per cent."""

    name: str
    """The method, and the instruction if there is one."""
    tasks: tuple[str, ...]
    """The tasks. [J]"""
    steps: Codes
    """The steps, ascending. [K]"""
    accuracy: Floats
    """Accuracy per round; nan where not recorded. [J, K, T]"""
    last: Floats
    """Accuracy of each run's own last round; nan where not recorded. [J, K]"""
    items: str
    """How many items it rests on, in words."""

    @property
    def first(self) -> int:
        """The index of the first trained checkpoint: step 0 is the base model."""
        return 1 if self.steps[0] == 0 else 0

    @property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Which tasks all checkpoints answered. [J]."""
        return np.asarray(~np.isnan(self.last).any(axis=1))


def series_of(panels: Sequence[Panel]) -> list[Series]:
    """Find the series among runs."""
    groups: dict[str, list[Panel]] = {}
    for panel in panels:
        if panel.label.step is not None:
            groups.setdefault(_name(panel.label), []).append(panel)
    found = [_series(name, group) for name, group in groups.items()]
    return [series for series in found if len(series.steps) > 1]


def mean_over_tasks(values: Floats, series: Series) -> tuple[Floats, Floats]:
    """Average over the tasks that all checkpoints answered, so that no step has easier ones."""
    complete = values[series.complete]
    return np.asarray(complete.mean(axis=0)), np.asarray(complete.std(axis=0, ddof=1))


def _name(label: RunLabel) -> str:
    """Name the method, the instruction, and the other factors but the step."""
    name = " with ".join(filter(None, (label.method, label.instruction)))
    named = {"step", "instruction"}
    further = [in_words(*each) for each in label.factors if each[0] not in named]
    return ", ".join([name, *further])


def _series(name: str, panels: Sequence[Panel]) -> Series:
    tasks = tasks_of(panels)
    steps = sorted({panel.label.step for panel in panels if panel.label.step is not None})
    rounds = max(panel.rounds for panel in panels)
    accuracy = np.full((len(tasks), len(steps), rounds), np.nan)
    last = np.full((len(tasks), len(steps)), np.nan)
    for row, task in enumerate(tasks):
        for column, step in enumerate(steps):
            here = [p for p in panels if p.task == task and p.label.step == step]
            if here:
                curves = [_accuracy(panel, rounds) for panel in here]
                lasts = np.array([c[p.rounds - 1] for c, p in zip(curves, here, strict=True)])
                accuracy[row, column] = recorded_mean(np.stack(curves), axis=0)
                last[row, column] = recorded_mean(lasts, axis=0)
    return Series(name, tuple(tasks), np.array(steps), accuracy, last, items_phrase(panels))


def _accuracy(panel: Panel, rounds: int) -> Floats:
    """Average over items, in per cent, nan after the run's last round. [T]."""
    padded = np.full(rounds, np.nan)
    padded[: panel.rounds] = 100 * recorded_mean(recorded_mean(panel.scores, axis=1), axis=0)
    return padded
