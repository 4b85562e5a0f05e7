"""Accuracy over the number of candidates: what more of them bring (GSR, figure 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ptr_eval.report.plots.canvas import draw_interval, draw_line, percent_axis
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
from ptr_eval.stats import Estimate

LINES = ("selfRef@k", "maj@k", "pass@k")
"""What is drawn over k."""

_FEWEST_SHOWN = 10
"""So many candidates are shown at least, where there are as many; the paper's most."""


@dataclass(frozen=True, slots=True, eq=False)
class OverCandidates:
    """What candidates of one checkpoint are worth on a task, the more of them there are."""

    run: str
    """The checkpoint."""
    task: str
    """The task."""
    pass_at: Sequence[Estimate]
    """pass@1 to pass@n. [n]"""
    majority_at: Sequence[Estimate]
    """maj@1 to maj@n. [n]"""
    refined: Mapping[int, Estimate]
    """selfRef@k by k, of all runs of the checkpoint."""
    published: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Published accuracies by k, for each of the lines that has any."""


def accuracy_over_candidates(found: Sequence[OverCandidates]) -> list[Plot]:
    """Plot refined answers, votes and the best candidates over the number of candidates.

    Args:
        found: What is known of each checkpoint and task; with fewer than two candidates it is
            left out.

    Returns:
        One plot a checkpoint.
    """
    known = [one for one in found if len(one.pass_at) > 1]
    runs = short_names((one.run for one in known), RUN_NAME)
    files = slugs(runs)
    return [_of_run([o for o in known if o.run == run], runs[run], files[run]) for run in runs]


def _of_run(found: Sequence[OverCandidates], label: str, file: str) -> Plot:
    title = f"Accuracy over candidates: {label}"
    by_task = {one.task: one for one in found}
    figure = task_grid(
        title,
        short_names(by_task, 26),
        lambda axes, task: _draw(axes, by_task[task]),
        labels=("candidates k", "accuracy (%)"),
    )
    caption = (
        "The accuracy of answers refined from k candidates (selfRef@k), of their vote (maj@k) "
        "and of the best of them (pass@k); the last two are means over all choices of k from "
        "the candidates at hand. Bands and whiskers are 95 % t intervals over questions."
    )
    caption = _with_sizes(caption, found)
    if any(one.published for one in found):
        caption += f" {PUBLISHED_NOTE} They have the shape of their line's points."
    return Plot(f"accuracy-over-candidates--{file}", title, caption, figure)


def _with_sizes(caption: str, found: Sequence[OverCandidates]) -> str:
    """Say so where refined answers cannot be compared over k."""
    sizes = sorted({size for one in found for size in one.refined})
    if not sizes:
        return f"{caption} No refined answers are recorded."
    if len(sizes) == 1:
        return f"{caption} Answers were refined from k = {sizes[0]} candidates only."
    return caption


def _draw(axes: Axes, found: OverCandidates) -> dict[str, Line2D]:
    styles = line_styles({name: name for name in LINES})
    lines, extent = {}, []
    shown = max(_FEWEST_SHOWN, *found.refined, 0)
    for name, estimates in (("pass@k", found.pass_at), ("maj@k", found.majority_at)):
        values, low, high = in_percent(estimates[:shown])
        x = np.arange(1.0, len(values) + 1)
        colour = styles[name].style.colour
        axes.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0, zorder=1)
        lines[name] = draw_line(axes, x, values, styles[name])
        extent += [values, low, high]
    if found.refined:
        sizes = sorted(found.refined)
        values, low, high = in_percent([found.refined[size] for size in sizes])
        named, x = styles["selfRef@k"], np.array(sizes, dtype=float)
        draw_interval(axes, x, low, high, named.style)
        lines["selfRef@k"] = draw_line(axes, x, values, named)
        extent += [values, low, high]
    for name, points in found.published.items():
        x, values = np.array(list(points), dtype=float), 100 * np.array(list(points.values()))
        lines[PUBLISHED] = draw_published(axes, x, values, styles[name].style.marker)
        extent.append(values)
    percent_axis(axes, extent)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
    return {name: lines[name] for name in (*LINES, PUBLISHED) if name in lines}
