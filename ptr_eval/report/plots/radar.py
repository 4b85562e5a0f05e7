"""Radars of tasks: how far each round reaches in every direction (PTR paper, figure 3)."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.projections.polar import PolarAxes

from ptr_eval.report.data.panels import Panel, tasks_of
from ptr_eval.report.plots.canvas import (
    NamedLine,
    draw_line,
    grouped_bars,
    legend_below,
    new_figure,
    run_styles,
)
from ptr_eval.report.plots.curves import Curve, curve, items_phrase
from ptr_eval.report.plots.naming import short_names, slugs
from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.style import applied, laid_out, line_style
from ptr_eval.stats.arrays import Floats

_UPRIGHT_LABELS = 14
"""Up to so many tasks have their names written upright."""


def task_radar(panels: Sequence[Panel]) -> list[Plot]:
    """Plot every run's accuracy on all its tasks at once, round by round.

    Args:
        panels: Any panels.

    Returns:
        One plot a run: a radar with one polygon a round, or bars where a run has fewer than
        three tasks.
    """
    styles = run_styles(panels)
    files = slugs(styles)
    tasks = short_names(tasks_of(panels), 18)
    return [
        _of_run([p for p in panels if p.label.run == run], named.label, files[run], tasks)
        for run, named in styles.items()
    ]


def _of_run(panels: Sequence[Panel], label: str, file: str, tasks: dict[str, str]) -> Plot:
    curves = [curve(panel) for panel in panels]
    labels = [tasks[panel.task] for panel in panels]
    accuracy = _padded(curves, "accuracy")
    rounds = [f"round {at}" for at in range(1, accuracy.shape[1] + 1)]
    title = f"Accuracy by task and round: {label}"
    caption = f"Mean score in % on each task after each round; {items_phrase(panels)}."
    handles: Sequence[Any]
    with applied():
        if len(panels) < 3:
            figure = new_figure(title, max(4.8, 1.2 + 0.45 * accuracy.size), 3.6)
            axes = figure.add_subplot()
            intervals = np.stack([_padded(curves, "low"), _padded(curves, "high")], axis=-1)
            handles = grouped_bars(axes, labels, accuracy, intervals)
            axes.set_ylabel("accuracy (%)")
            caption += " Whiskers are 95 % t intervals from standard errors over clusters."
        else:
            size = 6.0 if len(panels) <= _UPRIGHT_LABELS else 7.6
            figure = new_figure(title, size, 0.9 * size)
            handles = _draw_radar(figure, labels, accuracy)
            caption += " Radii start at 0; intervals are not shown."
        legend_below(figure, handles, rounds)
        laid_out(figure)
    return Plot(f"task-radar--{file}", title, caption, figure)


def _draw_radar(figure: Figure, labels: Sequence[str], accuracy: Floats) -> list[Line2D]:
    axes = cast(PolarAxes, figure.add_subplot(projection="polar"))
    axes.set_theta_offset(np.pi / 2)
    axes.set_theta_direction(-1)
    angles = np.linspace(0, 2 * np.pi, len(labels), endpoint=False)
    around = np.append(angles, angles[0])
    handles = []
    for at, heights in enumerate(accuracy.T):
        named = NamedLine(f"round {at + 1}", line_style(at))
        handles.append(draw_line(axes, around, np.append(heights, heights[0]), named))
        if not np.isnan(heights).any():
            axes.fill(angles, heights, color=named.style.colour, alpha=0.05, linewidth=0)
    top = 20 * np.ceil(max(1.0, float(np.max(np.nan_to_num(accuracy)))) / 20)
    axes.set_ylim(0, top)
    axes.set_yticks(np.arange(20, top + 1, 20))
    axes.set_rlabel_position(180 / len(labels))
    axes.set_xticks(angles, [""] * len(labels))
    axes.spines["polar"].set_visible(False)
    _name_spokes(axes, angles, labels, 1.05 * top)
    return handles


def _name_spokes(axes: PolarAxes, angles: Floats, labels: Sequence[str], radius: float) -> None:
    """Write each spoke's task at its end, along the spoke where there are many."""
    along = len(labels) > _UPRIGHT_LABELS
    for angle, label in zip(angles, labels, strict=True):
        right, up = np.sin(angle), np.cos(angle)
        side = "center" if abs(right) < 0.1 and not along else "left" if right > -0.01 else "right"
        level = "center" if along or abs(up) < 0.9 else "bottom" if up > 0 else "top"
        turn = np.degrees(np.arctan2(up, right)) + (180 if side == "right" else 0)
        axes.text(
            angle,
            radius,
            label,
            ha=side,
            va=level,
            rotation=turn if along else 0,
            rotation_mode="anchor",
            fontsize=8.5,
        )


def _padded(curves: Sequence[Curve], field: str) -> Floats:
    """Line up one field of all curves, nan after a curve's end. [tasks, T]."""
    padded = np.full((len(curves), max(len(c.rounds) for c in curves)), np.nan)
    for row, found in zip(padded, curves, strict=True):
        row[: len(found.rounds)] = getattr(found, field)
    return padded
