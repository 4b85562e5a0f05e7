"""What refining is worth beside one candidate and a vote (GSR, figures 2 and 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ptr_eval.report.plots.canvas import (
    NamedLine,
    draw_interval,
    draw_line,
    grouped_bars,
    legend_below,
    new_figure,
)
from ptr_eval.report.plots.curves import in_percent
from ptr_eval.report.plots.grid import (
    PUBLISHED,
    PUBLISHED_NOTE,
    draw_published,
    line_styles,
    task_grid,
)
from ptr_eval.report.plots.naming import RUN_NAME, short_names, slugs
from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.style import FAINT, applied, laid_out
from ptr_eval.stats import Difference, Estimate
from ptr_eval.stats.arrays import Floats

_LINE = 24
"""Characters in a line of a run's name below its bars."""

_WRITTEN_BARS = 24
"""Up to so many bars have their heights written above them."""


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """What one run's candidates and refined answers are worth on a task, on the same groups."""

    run: str
    """The run."""
    task: str
    """The task."""
    size: int
    """How many candidates k a group has."""
    pass_at_1: Estimate
    """The accuracy of candidates."""
    majority: Estimate
    """maj@k, the accuracy of the vote."""
    refined: Estimate
    """selfRef@k, the accuracy of refined answers; nan if nothing was refined."""
    gap: Difference
    """The Refinement Gap selfRef@k - maj@k, paired by question; nan likewise."""
    by_itself: bool = True
    """Whether the model that gave the candidates refined them."""
    published: Sequence[float] = ()
    """Published accuracies of the same three, nan where there is none; empty to draw none. [3]"""


def refined_bars(found: Sequence[Refined]) -> list[Plot]:
    """Plot one candidate, the vote and the refined answer side by side.

    Args:
        found: What is known of each run and task; where nothing was refined it is left out.

    Returns:
        One plot a task.
    """
    known = _refined(found)
    tasks = short_names(one.task for one in known)
    runs = short_names((one.run for one in known), RUN_NAME)
    files = slugs(tasks)
    return [
        _bars([one for one in known if one.task == task], runs, tasks[task], files[task])
        for task in tasks
    ]


def refinement_gaps(found: Sequence[Refined]) -> list[Plot]:
    """Plot every run's Refinement Gap against the accuracy of its candidates.

    Args:
        found: What is known of each run and task; where nothing was refined it is left out.

    Returns:
        One plot with all tasks; none if nothing was refined.
    """
    known = _refined(found)
    if not known:
        return []
    styles = line_styles(short_names((one.run for one in known), RUN_NAME))
    title = "Refinement gap"
    figure = task_grid(
        title,
        short_names(dict.fromkeys(one.task for one in known), 26),
        lambda axes, task: _gaps(axes, [one for one in known if one.task == task], styles),
        labels=("pass@1 (%)", f"{_name(known)}@k − maj@k (points)"),
    )
    caption = (
        "How much refined answers are better (above 0) or worse than the vote of the same "
        f"candidates, against the accuracy of one candidate; k is {_sizes(known)}. Whiskers are "
        "95 % t intervals of the difference, paired by question; differences that are all equal, "
        "or come from a single question, have none."
    )
    return [Plot("refinement-gap", title, caption, figure)]


def _refined(found: Sequence[Refined]) -> list[Refined]:
    return [one for one in found if not np.isnan(one.refined.value)]


def _bars(found: Sequence[Refined], runs: Mapping[str, str], task: str, file: str) -> Plot:
    title = f"Refined answers beside votes: {task}"
    same = len({one.size for one in found}) == 1
    size = str(found[0].size) if same else "k"
    groups = [fill(runs[one.run] + ("" if same else f" (k = {one.size})"), _LINE) for one in found]
    values, low, high = (
        np.stack(column, axis=0)
        for column in zip(
            *(in_percent((one.pass_at_1, one.majority, one.refined)) for one in found), strict=True
        )
    )
    with applied():
        width = min(13.0, max(5.6, 1.4 + 0.36 * values.size))
        figure = new_figure(title, width, 3.8)
        axes = figure.add_subplot()
        bars = grouped_bars(axes, groups, values, np.stack([low, high], axis=-1))
        if values.size <= _WRITTEN_BARS:
            _write(axes, values, np.fmax(values, high))
        axes.set_ylabel("accuracy (%)")
        entries = ["pass@1", f"maj@{size}", f"{_name(found)}@{size}"]
        points = _draw_published(axes, found)
        legend_below(figure, [*bars, *points], [*entries, *[PUBLISHED] * len(points)])
        laid_out(figure)
    caption = (
        "The accuracy of one candidate (pass@1), of the vote of k candidates (maj@k) and of the "
        f"answer refined from them ({_name(found)}@k), on the same groups; k is {_sizes(found)}. "
        "Whiskers are 95 % t intervals over questions."
    )
    if any(len(one.published) for one in found):
        caption += f" {PUBLISHED_NOTE}"
    return Plot(f"refined-answers--{file}", title, caption, figure)


def _draw_published(axes: Axes, found: Sequence[Refined]) -> list[Line2D]:
    """Draw published values, if there are any, over the bars that they belong beside."""
    points = [
        (group + (at - 1) * 0.8 / 3, 100 * value)
        for group, one in enumerate(found)
        for at, value in enumerate(one.published)
        if not np.isnan(value)
    ]
    if not points:
        return []
    x, y = np.array(points).T
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.08 * float(y.max())))
    return [draw_published(axes, x, y)]


def _write(axes: Axes, values: Floats, tops: Floats) -> None:
    across = values.shape[1]
    for (group, at), value in np.ndenumerate(values):
        axes.annotate(
            f"{value:.1f}",
            (group + (at - (across - 1) / 2) * 0.8 / across, tops[group, at]),
            (0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7,
        )


def _gaps(
    axes: Axes, found: Sequence[Refined], styles: Mapping[str, NamedLine]
) -> dict[str, Line2D]:
    axes.axhline(0, color=FAINT, linewidth=1.0, zorder=1)
    lines, extent = {}, [-2.5, 2.5]
    for one in found:
        named, gap = styles[one.run], one.gap
        x, y, low, high = (
            np.array([100 * number])
            for number in (one.pass_at_1.value, gap.value, gap.low, gap.high)
        )
        draw_interval(axes, x, low, high, named.style)
        lines[named.label] = draw_line(axes, x, y, named)
        lines[named.label].set_linestyle("none")
        extent += [*y, *low, *high]
    least, most = np.nanmin(extent), np.nanmax(extent)
    margin = 0.08 * (most - least)
    axes.set_ylim(least - margin, most + margin)
    middle = [100 * one.pass_at_1.value for one in found]
    # Candidates that are about as good must not look far apart.
    half = max(5.0, 0.58 * (max(middle) - min(middle)))
    centre = (max(middle) + min(middle)) / 2
    axes.set_xlim(centre - half, centre + half)
    return lines


def _name(found: Sequence[Refined]) -> str:
    """Name refined answers as the paper does: `Ref` where another model refines."""
    by_themselves = [one.by_itself for one in found]
    return "selfRef" if all(by_themselves) else "(self)Ref" if any(by_themselves) else "Ref"


def _sizes(found: Sequence[Refined]) -> str:
    sizes = sorted({one.size for one in found})
    return str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
