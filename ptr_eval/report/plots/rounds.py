"""Accuracy over rounds: whether asking again helps."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ptr_eval.report.data.panels import Panel, of_task, tasks_of
from ptr_eval.report.plots.canvas import (
    NamedLine,
    draw_interval,
    draw_line,
    legend_below,
    new_figure,
    percent_axis,
    rounds_axis,
    run_styles,
    small_multiples,
)
from ptr_eval.report.plots.curves import curve, items_phrase
from ptr_eval.report.plots.naming import short_names, slugs
from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.style import applied, laid_out


def accuracy_over_rounds(panels: Sequence[Panel], baseline: str | None = None) -> list[Plot]:
    """Plot each run's accuracy per round, task by task.

    Args:
        panels: Any panels.
        baseline: The run drawn dashed, the others' yardstick; where it has but one round, its
            line goes through all of them.

    Returns:
        With several tasks first one overview of them all, then one plot a task.
    """
    tasks, styles = tasks_of(panels), run_styles(panels, baseline)
    names, files = short_names(tasks), slugs(tasks)
    plots = [
        _of_tasks(
            of_task(panels, task),
            styles,
            baseline,
            title=f"Accuracy over rounds: {names[task]}",
            name=f"accuracy-over-rounds--{files[task]}",
        )
        for task in tasks
    ]
    if len(tasks) > 1:
        title = "Accuracy over rounds, all tasks"
        overview = _of_tasks(panels, styles, baseline, title=title, name="accuracy-over-rounds")
        plots.insert(0, overview)
    return plots


def _of_tasks(
    panels: Sequence[Panel],
    styles: Mapping[str, NamedLine],
    baseline: str | None,
    *,
    title: str,
    name: str,
) -> Plot:
    tasks = tasks_of(panels)
    names = short_names(tasks, 26)
    down, across = small_multiples(len(tasks))
    size = (6.4, 3.9) if len(tasks) == 1 else (max(6.4, 2.8 * across), 2.3 * down + 0.3)
    drawn: dict[str, Line2D] = {}
    with applied():
        figure = new_figure(title, *size)
        for at, task in enumerate(tasks, start=1):
            axes = figure.add_subplot(down, across, at)
            if len(tasks) > 1:
                axes.set_title(names[task])
            drawn |= _draw(axes, of_task(panels, task), styles, baseline)
            axes.set_ylabel("accuracy (%)" if at % across == 1 or across == 1 else "")
            axes.set_xlabel("round" if at > (down - 1) * across else "")
        shown = [run for run in styles if run in drawn]
        legend_below(figure, [drawn[run] for run in shown], [styles[r].label for r in shown])
        laid_out(figure)
    caption = (
        f"Mean score after each round; {items_phrase(panels)}. Bands and whiskers are 95 % t "
        "intervals over items, from standard errors over clusters."
    )
    if baseline in drawn:
        caption += f" The dashed line is the baseline, {styles[str(baseline)].label}."
    return Plot(name, title, caption, figure)


def _draw(
    axes: Axes, panels: Sequence[Panel], styles: Mapping[str, NamedLine], baseline: str | None
) -> dict[str, Line2D]:
    rounds = max(panel.rounds for panel in panels)
    opacity = 0.16 if len(panels) <= 4 else 0.07
    lines, extent = {}, []
    for at, panel in enumerate(panels):
        run, named, found = panel.label.run, styles[panel.label.run], curve(panel)
        x, accuracy, low, high = found.rounds, found.accuracy, found.low, found.high
        if rounds == 1:
            # All points on one spot would hide each other.
            x = x + 0.7 * ((at + 0.5) / len(panels) - 0.5)
        elif panel.rounds == 1 and run == baseline:
            x = np.arange(1.0, rounds + 1)
            accuracy, low, high = (np.repeat(v, rounds) for v in (accuracy, low, high))
        lines[run] = draw_line(axes, x, accuracy, named)
        if len(x) == 1:
            draw_interval(axes, x, low, high, named.style)
        else:
            axes.fill_between(
                x, low, high, color=named.style.colour, alpha=opacity, linewidth=0, zorder=1
            )
        extent += [accuracy, low, high]
    percent_axis(axes, extent)
    rounds_axis(axes, rounds)
    return lines
