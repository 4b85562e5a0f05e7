"""Grids: one set of axes a task, and a legend that all share."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ptr_eval.report.plots.canvas import NamedLine, legend_below, new_figure, small_multiples
from ptr_eval.report.plots.style import INK, applied, laid_out, line_style
from ptr_eval.stats.arrays import Floats

PUBLISHED = "published"
"""What the legend calls values that were not measured here."""

PUBLISHED_NOTE = (
    "Hollow points are published values of GSR-7B (arXiv 2509.00084), not measured here."
)

_WIDEST = 12.5
"""Inches; where panels side by side would take more, they go into further rows."""


def task_grid(
    title: str,
    tasks: Mapping[str, str],
    draw: Callable[[Axes, str], Mapping[str, Line2D]],
    *,
    labels: tuple[str, str],
    width: float = 2.9,
) -> Figure:
    """Draw one set of axes a task."""
    several = len(tasks) > 1
    across = min(small_multiples(len(tasks))[1], max(1, int(_WIDEST / width)))
    down = math.ceil(len(tasks) / across)
    size = (max(6.4, width * across), 2.6 * down + 0.4 if several else 3.9)
    drawn: dict[str, Line2D] = {}
    with applied():
        figure = new_figure(title, *size)
        for at, (task, name) in enumerate(tasks.items()):
            axes = figure.add_subplot(down, across, at + 1)
            if several:
                axes.set_title(name)
            for label, line in draw(axes, task).items():
                drawn.setdefault(label, line)
            axes.set_ylabel("" if at % across else labels[1])
            # The last row may be short: the axes above its gap are the lowest of their columns.
            axes.set_xlabel(labels[0] if at >= len(tasks) - across else "")
        entries = sorted(drawn, key=lambda label: label == PUBLISHED)
        legend_below(figure, [drawn[label] for label in entries], entries)
        return laid_out(figure)


def line_styles(labels: Mapping[str, str]) -> dict[str, NamedLine]:
    """Give lines their looks, in order."""
    return {key: NamedLine(text, line_style(at)) for at, (key, text) in enumerate(labels.items())}


def draw_published(axes: Axes, x: Floats | Sequence[float], y: Floats, marker: str = "D") -> Line2D:
    """Draw published values: hollow points without a line."""
    (points,) = axes.plot(
        np.asarray(x, dtype=float),
        y,
        linestyle="none",
        marker=marker,
        markersize=7.5,
        markerfacecolor="none",
        markeredgecolor=INK,
        markeredgewidth=1.2,
        label=PUBLISHED,
        zorder=3,
        clip_on=False,
    )
    return points


def spread(count: int, width: float) -> Floats:
    """Set things that share an abscissa side by side, so that none hides another."""
    return width * ((np.arange(count) + 0.5) / count - 0.5)
