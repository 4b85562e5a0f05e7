"""Accuracy by how many candidates are correct: where refining beats choosing (GSR, figure 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ptr_eval.report.plots.canvas import NamedLine, draw_interval, draw_line, percent_axis
from ptr_eval.report.plots.curves import in_percent
from ptr_eval.report.plots.grid import (
    PUBLISHED,
    PUBLISHED_NOTE,
    draw_published,
    line_styles,
    spread,
    task_grid,
)
from ptr_eval.report.plots.naming import RUN_NAME, short_names, slugs
from ptr_eval.report.plots.picture import Plot
from ptr_eval.stats import Estimate


@dataclass(frozen=True, slots=True, eq=False)
class ByCorrect:
    """One run's accuracies on a task, by the number m = 0 ... k of correct candidates."""

    run: str
    """The run."""
    task: str
    """The task."""
    groups: Sequence[int]
    """How many groups have m correct candidates. [k + 1]"""
    accuracy: Mapping[str, Sequence[Estimate]]
    """By what makes one answer of a group, such as `selfRef@4`, the fraction of correct ones; nan
    where there are no groups. Each [k + 1]."""
    published: Sequence[float] = ()
    """Published accuracies, nan where there is none; empty to draw none. [k + 1]"""
    note: str = ""
    """What a reader must know of the choices among them."""


def accuracy_by_correct_candidates(found: Sequence[ByCorrect]) -> list[Plot]:
    """Plot what refining, voting and choosing make of groups that are equally good.

    Args:
        found: What is known of each run and task; without any group it is left out.

    Returns:
        One plot a run.
    """
    known = [one for one in found if sum(one.groups)]
    methods = line_styles(short_names(dict.fromkeys(m for one in known for m in one.accuracy)))
    runs = short_names((one.run for one in known), RUN_NAME)
    files = slugs(runs)
    return [
        _of_run([o for o in known if o.run == run], methods, runs[run], files[run]) for run in runs
    ]


def _of_run(
    found: Sequence[ByCorrect], methods: Mapping[str, NamedLine], label: str, file: str
) -> Plot:
    title = f"Accuracy by number of correct candidates: {label}"
    by_task = {one.task: one for one in found}
    most = max(len(one.groups) for one in found)
    figure = task_grid(
        title,
        short_names(by_task, 26),
        lambda axes, task: _draw(axes, by_task[task], methods),
        labels=("correct candidates (n groups)", "accuracy (%)"),
        width=max(2.9, 0.7 + 0.44 * most),
    )
    caption = (
        "Accuracy in the groups with so many correct candidates; n counts groups. What is the "
        "mean of several answers to a group counts each of them. Whiskers are 95 % t intervals "
        "from standard errors over questions, and Wilson's where all refined answers are right or "
        "all are wrong."
    )
    if any(len(one.published) for one in found):
        caption += f" {PUBLISHED_NOTE}"
    caption = " ".join([caption, *(one.note for one in found if one.note)])
    return Plot(f"accuracy-by-correct-candidates--{file}", title, caption, figure)


def _draw(axes: Axes, found: ByCorrect, methods: Mapping[str, NamedLine]) -> dict[str, Line2D]:
    correct = np.arange(float(len(found.groups)))
    lines = {}
    for shift, (method, estimates) in zip(
        spread(len(found.accuracy), 0.5), found.accuracy.items(), strict=True
    ):
        named, (values, low, high) = methods[method], in_percent(estimates)
        draw_interval(axes, correct + shift, low, high, named.style)
        lines[named.label] = draw_line(axes, correct + shift, values, named)
    if len(found.published):
        lines[PUBLISHED] = draw_published(axes, correct, 100 * np.asarray(found.published))
    percent_axis(axes, [np.array([0.0, 100.0])])
    axes.set_xlim(-0.5, len(correct) - 0.5)
    counts = [f"{m}\nn={n:,}" if m == 0 else f"{m}\n{n:,}" for m, n in enumerate(found.groups)]
    axes.set_xticks(correct, counts, fontsize=7.5)
    return lines
