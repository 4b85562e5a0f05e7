"""Figures, axes and legends that all plots share."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.plots.naming import RUN_NAME, short_names
from ptr_eval.report.plots.style import BASELINE, HATCHES, INK, PAPER, LineStyle, line_style
from ptr_eval.stats.arrays import Floats

_LEGEND_POINTS = 8.5
_LEGEND_BELOW: dict[str, Any] = {"loc": "outside lower center", "columnspacing": 1.4}
_THIN_MARKERS = "*PX"
"""Markers of little area, drawn larger to weigh as much as the others."""


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line's name and look."""

    label: str
    """What the legend says."""
    style: LineStyle
    """Its look."""


def run_styles(panels: Sequence[Panel], baseline: str | None = None) -> dict[str, NamedLine]:
    """Give every run its name and look, the same in all plots of the same panels."""
    names = {panel.label.run: panel.label.name for panel in panels}
    labels = short_names(names.values(), RUN_NAME)
    return {
        run: NamedLine(labels[name], BASELINE if run == baseline else line_style(at))
        for at, (run, name) in enumerate(names.items())
    }


def new_figure(title: str, width: float, height: float) -> Figure:
    """Open a figure."""
    # Letters are a little wider in files than in the layout; the padding makes up for it.
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def small_multiples(count: int) -> tuple[int, int]:
    """Arrange axes in rows of at most four."""
    columns = count if count <= 3 else min(4, math.ceil(math.sqrt(count)))
    return math.ceil(count / columns), columns


def draw_line(axes: Axes, x: Floats, y: Floats, named: NamedLine) -> Line2D:
    """Draw a line with markers."""
    style = named.style
    (line,) = axes.plot(
        x,
        y,
        color=style.colour,
        linestyle=style.dashes,
        linewidth=style.width,
        marker=style.marker,
        markeredgecolor=PAPER,
        markeredgewidth=0.6,
        markersize=8.0 if style.marker in _THIN_MARKERS else 6.0,
        label=named.label,
    )
    return line


def draw_interval(axes: Axes, x: Floats, low: Floats, high: Floats, style: LineStyle) -> None:
    """Draw intervals as whiskers."""
    known = ~np.isnan(low)
    if known.any():
        axes.vlines(x[known], low[known], high[known], color=style.colour, linewidth=1.0)


def percent_axis(axes: Axes, values: Sequence[Floats]) -> None:
    """Fit the y axis to percentages, never so close that a fraction of a point looks large."""
    drawn = np.concatenate([np.ravel(v) for v in values]) if values else np.empty(0)
    drawn = drawn[~np.isnan(drawn)]
    low, high = (drawn.min(), drawn.max()) if len(drawn) else (0.0, 100.0)
    middle, half = (low + high) / 2, max(5.0, 0.56 * (high - low))
    axes.set_ylim(max(-3.0, middle - half), min(103.0, middle + half))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))


def rounds_axis(axes: Axes, rounds: int) -> None:
    """Mark whole rounds on the x axis."""
    margin = 0.5 if rounds == 1 else 0.04 * (rounds - 1) + 0.05
    axes.set_xlim(1 - margin, rounds + margin)
    axes.set_xticks(range(1, rounds + 1, math.ceil(rounds / 12)))


def grouped_bars(
    axes: Axes, groups: Sequence[str], heights: Floats, intervals: Floats | None = None
) -> list[BarContainer]:
    """Draw bars side by side, each with its own colour and hatch."""
    across = heights.shape[1]
    width = 0.8 / across
    drawn = []
    for at in range(across):
        x = np.arange(len(groups)) + (at - (across - 1) / 2) * width
        bars = axes.bar(
            x,
            np.nan_to_num(heights[:, at]),
            width=0.92 * width,
            color=line_style(at).colour,
            edgecolor=INK,
            linewidth=0.6,
            hatch=HATCHES[at % len(HATCHES)],
        )
        drawn.append(bars)
        if intervals is not None:
            draw_interval(axes, x, intervals[:, at, 0], intervals[:, at, 1], BASELINE)
    shown = heights if intervals is None else np.concatenate([heights.ravel(), intervals.ravel()])
    axes.set_ylim(0, max(10.0, 1.08 * float(np.max(np.nan_to_num(shown)))))
    axes.grid(visible=False, axis="x")
    crowded = sum(max(map(len, group.splitlines())) for group in groups) > 45
    axes.set_xticks(range(len(groups)), groups)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    if crowded:
        slant(axes)
    return drawn


def slant(axes: Axes) -> None:
    """Slant the labels of the x axis, and shrink many, so that they do not run into each other."""
    labels = axes.get_xticklabels()
    size = min(8.5, 250 / len(labels))
    for label in labels:
        label.set(rotation=35, ha="right", rotation_mode="anchor", fontsize=size)


def legend_below(figure: Figure, handles: Iterable[Any], labels: Iterable[str]) -> None:
    """Put a legend below all axes, in as many columns as fit, and make the figure taller for it."""
    # An older Matplotlib leaves out labels that start with an underscore.
    entries = [
        (handle, f" {label}" if label.startswith("_") else label)
        for handle, label in zip(handles, labels, strict=True)
    ]
    texts = [text for _, text in entries]
    font = FontProperties(family="DejaVu Sans", size=_LEGEND_POINTS)
    longest = max(text_to_path.get_text_width_height_descent(t, font, False)[0] for t in texts)
    width, height = figure.get_size_inches()
    entry = (longest + 5.5 * _LEGEND_POINTS) / 72
    rows = math.ceil(len(texts) / max(1, int((width - 0.2) / entry)))
    columns = math.ceil(len(texts) / rows)
    # Matplotlib fills columns; readers read rows.
    by_column = [pair for first in range(columns) for pair in entries[first::columns]]
    figure.legend(*zip(*by_column, strict=True), **_LEGEND_BELOW, ncols=columns)
    figure.set_size_inches(width, height + 0.2 * rows)
