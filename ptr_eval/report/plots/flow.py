"""Answer flows: which answers became right and which wrong from round to round."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from ptr_eval.report.data.panels import VERDICT_HEADINGS, Panel, of_task, tasks_of
from ptr_eval.report.plots.canvas import legend_below, new_figure
from ptr_eval.report.plots.naming import RUN_NAME, short_names, slugs
from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.style import (
    FAINT,
    INK,
    PAPER,
    VERDICT_COLOURS,
    VERDICT_HATCHES,
    applied,
    laid_out,
)
from ptr_eval.stats.arrays import Codes, Floats

STATES = (*VERDICT_HEADINGS, "missing")
"""What an answer can be in a round, from the bottom of a stack to its top."""

_COLOURS = {**VERDICT_COLOURS, "missing": PAPER}
_HATCHES = {**VERDICT_HATCHES, "missing": "xxx"}
_HALF_BAR = 0.09
_GAP = 0.05
"""Free space between the parts of a stack, as a share of all answers."""


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """How many answers went from each state to each; K states, T rounds."""

    counts: Codes
    """Answers in each state. [T, K]"""
    moves: Codes
    """Answers from a state (rows) to one in the next round (columns). [T - 1, K, K]"""


def answer_flow(panels: Sequence[Panel], limit: int = 24) -> list[Plot]:
    """Plot how answers change between correct, wrong and no answer.

    Args:
        panels: Any panels.
        limit: The most plots to make.

    Returns:
        One plot a run and task: all runs' on the first task, then on the next, up to the limit.
    """
    tasks = tasks_of(panels)
    runs = list(dict.fromkeys(panel.label.run for panel in panels))
    names = {panel.label.run: panel.label.name for panel in panels}
    task_names, run_names, task_files, run_files = (
        short_names(tasks),
        short_names(names.values(), RUN_NAME),
        slugs(tasks),
        slugs(runs),
    )
    chosen = [panel for task in tasks for panel in of_task(panels, task)][:limit]
    return [
        _plot(
            panel,
            title=f"Answers by round: {run_names[panel.label.name]}, {task_names[panel.task]}",
            name=f"answer-flow--{run_files[panel.label.run]}--{task_files[panel.task]}",
        )
        for panel in chosen
    ]


def flow(panel: Panel) -> Flow:
    """Count the moves between states."""
    size = len(STATES)
    states = np.where(panel.verdicts < 0, size - 1, panel.verdicts).reshape(-1, panel.rounds)
    counts = [np.bincount(of_round, minlength=size) for of_round in states.T]
    moves = np.zeros((panel.rounds - 1, size, size), dtype=np.int64)
    for at in range(panel.rounds - 1):
        np.add.at(moves[at], (states[:, at], states[:, at + 1]), 1)
    return Flow(np.stack(counts), moves)


def _plot(panel: Panel, *, title: str, name: str) -> Plot:
    found = flow(panel)
    shown = np.flatnonzero(found.counts.sum(axis=0))
    starts = _stack(found.counts, shown)
    with applied(axes__grid=False):
        figure = new_figure(title, min(13.0, max(4.8, 1.2 + 1.7 * panel.rounds)), 4.4)
        axes = figure.add_subplot()
        for at, moves in enumerate(found.moves):
            _draw_moves(axes, at, moves, starts)
        _draw_stacks(axes, found.counts, starts)
        axes.set_xticks(range(panel.rounds), [f"round {at}" for at in range(1, panel.rounds + 1)])
        axes.set_xlim(-0.3, panel.rounds - 0.7)
        axes.tick_params(axis="x", length=0)
        axes.set_yticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        keys = [STATES[state] for state in shown]
        legend_below(figure, [_key(state) for state in keys], keys)
        laid_out(figure)
    samples = panel.verdicts.shape[1]
    each = f", {samples} samples of each" if samples > 1 else ""
    count = len(panel.items)
    caption = (
        f"Every answer's verdict in each round and its way to the next; numbers count answers "
        f"({count:,} item{'' if count == 1 else 's'}{each}). Bands have the colour of the round "
        f"they come from; they are counts and carry no interval.{_about_missing(panel)}"
    )
    return Plot(name, title, caption, figure)


def _about_missing(panel: Panel) -> str:
    if (panel.verdicts >= 0).all():
        return ""
    return " What is missing failed, was refused, or was not asked."


def _stack(counts: Codes, shown: Codes) -> Floats:
    """Place each state's part of each stack. [T, K]."""
    starts = np.zeros(counts.shape)
    gap = _GAP * counts[0].sum()
    for place, state in enumerate(shown):
        starts[:, state] = counts[:, :state].sum(axis=1) + place * gap
    return starts


def _draw_stacks(axes: Axes, counts: Codes, starts: Floats) -> None:
    for at, state in np.argwhere(counts > 0):
        height, bottom = counts[at, state], starts[at, state]
        key = STATES[state]
        axes.bar(
            at,
            height,
            bottom=bottom,
            width=2 * _HALF_BAR,
            facecolor=_COLOURS[key],
            edgecolor=INK,
            hatch=_HATCHES[key],
            linewidth=0.8,
        )
        _count(axes, at, bottom + height / 2, height)


def _draw_moves(axes: Axes, at: int, moves: Codes, starts: Floats) -> None:
    left, right = starts[at].copy(), starts[at + 1].copy()
    labels = []
    arriving = right + np.cumsum(moves, axis=0) - moves
    for source, target in np.argwhere(moves > 0):
        size = moves[source, target]
        low, end = left[source], arriving[source, target]
        axes.add_patch(_band(at, low, end, size, STATES[source]))
        labels.append((low + size / 2, size))
        left[source] += size
    for height, size in _apart(labels, 0.6 * _GAP * moves.sum()):
        _count(axes, at + _HALF_BAR + 0.1, height, size, faint=True)


def _band(at: int, start: float, end: float, size: float, state: str) -> PathPatch:
    left, right = at + _HALF_BAR, at + 1 - _HALF_BAR
    middle = (left + right) / 2
    corners = [
        (left, start),
        (middle, start),
        (middle, end),
        (right, end),
        (right, end + size),
        (middle, end + size),
        (middle, start + size),
        (left, start + size),
        (left, start),
    ]
    codes = [Path.MOVETO, *3 * [Path.CURVE4], Path.LINETO, *3 * [Path.CURVE4], Path.CLOSEPOLY]
    colour = FAINT if state == "missing" else _COLOURS[state]
    return PathPatch(Path(corners, codes), facecolor=colour, alpha=0.38, linewidth=0)


def _apart(labels: Sequence[tuple[float, float]], distance: float) -> list[tuple[float, float]]:
    """Push labels up until each is at least a distance above the one before."""
    placed: list[tuple[float, float]] = []
    for height, size in sorted(labels):
        least = placed[-1][0] + distance if placed else height
        placed.append((max(height, least), size))
    return placed


def _count(axes: Axes, x: float, y: float, count: float, *, faint: bool = False) -> None:
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.0 if faint else 0.85}
    axes.text(
        x, y, f"{count:,.0f}", ha="center", va="center", fontsize=7.5 if faint else 8.5, bbox=box
    )


def _key(state: str) -> Patch:
    return Patch(facecolor=_COLOURS[state], edgecolor=INK, hatch=_HATCHES[state], linewidth=0.8)
