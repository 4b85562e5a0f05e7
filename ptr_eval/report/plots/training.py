"""Series of checkpoints: how accuracy grows with training steps (PTR paper, figure 2)."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.plots.canvas import (
    NamedLine,
    draw_line,
    grouped_bars,
    legend_below,
    new_figure,
    percent_axis,
    slant,
    small_multiples,
)
from ptr_eval.report.plots.naming import short_names, slugs
from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.series import Series, mean_over_tasks, series_of
from ptr_eval.report.plots.style import BASELINE, FAINT, INK, applied, laid_out, line_style
from ptr_eval.stats.arrays import Floats

_WRITTEN_CELLS = 150
"""Up to so many cells a heat map has its numbers written in."""

_TOLD_APART = 24
"""Up to so many tasks have lines of their own look."""


def training_series(panels: Sequence[Panel]) -> list[Plot]:
    """Plot accuracy over training steps, for every series of checkpoints.

    Args:
        panels: Any panels; a series is what has the same method and instruction and at least
            two different steps.

    Returns:
        Two plots a series: the four panels of the paper's figure on each checkpoint's last
        round, and accuracy over steps with one line a round.
    """
    found = series_of(panels)
    labels = short_names((series.name for series in found), 40)
    files = slugs(labels)
    plots = []
    for series, label in zip(found, labels.values(), strict=True):
        plots += [
            _four(series, label, files[series.name]),
            _by_round(series, label, files[series.name]),
        ]
    return plots


def _four(series: Series, label: str, file: str) -> Plot:
    title = f"Accuracy over training steps: {label}"
    tasks = list(short_names(series.tasks, 20).values())
    with applied():
        below = max(3.8, 0.8 + 0.15 * len(tasks))
        figure = new_figure(title, 10.5, 3.8 + below)
        (lines, bars), (boxes, heat) = figure.subplots(2, 2, height_ratios=(3.8, below))
        handles = _draw_tasks(lines, series, tasks)
        _draw_stages(bars, series, tasks)
        _draw_boxes(boxes, series)
        _draw_heat(figure, heat, series, tasks)
        legend_below(figure, handles, [str(handle.get_label()) for handle in handles])
        laid_out(figure)
    caption = (
        f"Mean score of each checkpoint's last round ({len(series.steps)} checkpoints; "
        f"{series.items}). A: every task, and the mean over tasks with a band of one standard "
        "deviation over tasks to either side. B: first, base and final checkpoint. C: quartiles "
        "and range over tasks. D: every task at every step. Means, bands and boxes are over the "
        f"{_count(int(series.complete.sum()), 'task')} that all checkpoints answered."
    )
    return Plot(f"training-series--{file}", title, caption, figure)


def _draw_tasks(axes: Axes, series: Series, tasks: Sequence[str]) -> list[Line2D]:
    axes.set_title("A  accuracy by task")
    steps = series.steps.astype(float)
    if len(tasks) <= _TOLD_APART:
        handles = [
            draw_line(axes, steps, heights, NamedLine(task, line_style(at)))
            for at, (task, heights) in enumerate(zip(tasks, series.last, strict=True))
        ]
        for line in handles:
            line.set(linewidth=1.1, markersize=4.5)
    else:
        handles = axes.plot(steps, series.last.T, color=FAINT, linewidth=0.6)[:1]
        handles[0].set_label(f"each of the {len(tasks)} tasks")
    extent = [series.last]
    if series.complete.sum() > 1:
        mean, spread = mean_over_tasks(series.last, series)
        low, high = np.clip(mean - spread, 0, 100), np.clip(mean + spread, 0, 100)
        handles.append(draw_line(axes, steps, mean, NamedLine("mean over tasks", BASELINE)))
        axes.fill_between(steps, low, high, color=FAINT, alpha=0.2, linewidth=0, zorder=0)
        extent += [low, high]
    percent_axis(axes, extent)
    _steps_axis(axes)
    axes.set_ylabel("accuracy (%)")
    return handles


def _draw_stages(axes: Axes, series: Series, tasks: Sequence[str]) -> None:
    axes.set_title("B  first, base and final checkpoint (step)")
    columns = {f"first ({series.steps[series.first]:,})": series.first}
    if series.first > 0:
        columns["base (0)"] = 0
    columns[f"final ({series.steps[-1]:,})"] = len(series.steps) - 1
    heights = series.last[:, list(columns.values())]
    bars = grouped_bars(axes, tasks, heights)
    # Room above the bars for their legend, but no ticks above 100 %.
    top = 1.14 * axes.get_ylim()[1]
    axes.set_yticks([tick for tick in axes.get_yticks() if tick <= 100])
    axes.set_ylim(0, top)
    axes.legend(
        bars,
        list(columns),
        loc="upper center",
        ncols=len(columns),
        columnspacing=1.0,
        handlelength=1.8,
    )


def _draw_boxes(axes: Axes, series: Series) -> None:
    axes.set_title("C  spread over tasks")
    complete = series.last[series.complete]
    ink = {"color": INK}
    if len(complete):
        axes.boxplot(
            complete,
            positions=range(len(series.steps)),
            widths=0.6,
            whis=(0, 100),
            patch_artist=True,
            boxprops={"facecolor": line_style(0).colour, "edgecolor": INK, "alpha": 0.7},
            medianprops={"color": INK, "linewidth": 1.8},
            whiskerprops=ink,
            capprops=ink,
        )
        percent_axis(axes, [complete])
    axes.set_xlim(-0.6, len(series.steps) - 0.4)
    axes.set_ylabel("accuracy (%)")
    axes.grid(visible=False, axis="x")
    _steps_as_columns(axes, series)


def _draw_heat(figure: Figure, axes: Axes, series: Series, tasks: Sequence[str]) -> None:
    axes.set_title("D  accuracy (%) by task and step")
    mesh = axes.pcolormesh(np.ma.masked_invalid(series.last), cmap="cividis", vmin=0, vmax=100)
    mesh.set_edgecolor("face")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.invert_yaxis()
    axes.set_yticks(np.arange(len(tasks)) + 0.5, tasks)
    _steps_as_columns(axes, series, shift=0.5)
    axes.tick_params(length=0)
    bar = figure.colorbar(mesh, ax=axes, aspect=30, pad=0.02)
    bar.outline.set_visible(False)
    if series.last.size > _WRITTEN_CELLS:
        return
    for row, column in np.argwhere(~np.isnan(series.last)):
        value = series.last[row, column]
        colour = "#000000" if value > 50 else "#ffffff"
        axes.annotate(
            f"{value:.0f}",
            (column + 0.5, row + 0.5),
            color=colour,
            fontsize=7,
            ha="center",
            va="center",
        )


def _by_round(series: Series, label: str, file: str) -> Plot:
    title = f"Rounds over training steps: {label}"
    names = short_names(series.tasks, 24)
    blocks = [
        (names[task], block) for task, block in zip(series.tasks, series.accuracy, strict=True)
    ]
    if series.complete.sum() > 1:
        blocks.insert(0, ("mean over tasks", mean_over_tasks(series.accuracy, series)[0]))
    down, across = small_multiples(len(blocks))
    with applied():
        figure = new_figure(title, max(6.4, 2.8 * across), 2.3 * down + (1.5 if down == 1 else 0.3))
        grid = figure.subplots(down, across, squeeze=False).ravel()
        for axes in grid[len(blocks) :]:
            axes.remove()
        for axes, (name, block) in zip(grid, blocks, strict=False):
            handles = _draw_rounds(axes, series, block)
            axes.set_title(name)
        for axes in grid[: len(blocks) : across]:
            axes.set_ylabel("accuracy (%)")
        legend_below(figure, handles, [str(handle.get_label()) for handle in handles])
        laid_out(figure)
    caption = (
        f"Mean score after each round at every checkpoint ({series.items}); a line a round, the "
        "mean over the tasks that all checkpoints answered first. No intervals are shown."
    )
    return Plot(f"training-rounds--{file}", title, caption, figure)


def _draw_rounds(axes: Axes, series: Series, block: Floats) -> list[Line2D]:
    handles: list[Line2D] = []
    for at, heights in enumerate(block.T):
        named = NamedLine(f"round {at + 1}", line_style(at))
        handles.append(draw_line(axes, series.steps.astype(float), heights, named))
    percent_axis(axes, [block])
    _steps_axis(axes)
    return handles


def _steps_axis(axes: Axes) -> None:
    axes.set_xlabel("training step")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params(axis="x", nbins=5, integer=True)


def _steps_as_columns(axes: Axes, series: Series, shift: float = 0.0) -> None:
    count = len(series.steps)
    # Evenly spaced, and always the last.
    shown = np.arange(count - 1, -1, -math.ceil(count / 12))[::-1]
    axes.set_xticks(shown + shift, [f"{series.steps[at]:,}" for at in shown])
    axes.set_xlabel("training step")
    if len(shown) > 6:
        slant(axes)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
