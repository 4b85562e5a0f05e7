"""Programs over rounds: what refining does to them beyond right and wrong."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ptr_eval.report.data.text_measures import CODE_NAMES
from ptr_eval.report.data.text_panels import MeasuredTexts
from ptr_eval.report.plots.canvas import NamedLine, draw_interval, draw_line, rounds_axis
from ptr_eval.report.plots.grid import line_styles, task_grid
from ptr_eval.report.plots.naming import RUN_NAME, short_names, slugs
from ptr_eval.report.plots.picture import Plot

_COUNTED = ("complexity", "lines")
_CAPTION = (
    "Means over the items of which a program was found, and could be parsed for all but the first "
    "measure. Whiskers are 95 % intervals of a bootstrap of items."
)


def code_quality_over_rounds(measured: Sequence[MeasuredTexts]) -> list[Plot]:
    """Plot what programs are like by round.

    Args:
        measured: Any measured texts.

    Returns:
        One plot a task of which a run has programs of several rounds.
    """
    programs = [one for one in measured if "parsed" in one.panel.values and len(one.rounds) > 1]
    tasks = list(dict.fromkeys(one.panel.task for one in programs))
    names, files = short_names(tasks), slugs(tasks)
    return [
        _plot(
            [one for one in programs if one.panel.task == task],
            f"Programs over rounds: {names[task]}",
            f"code-quality--{files[task]}",
        )
        for task in tasks
    ]


def _plot(measured: Sequence[MeasuredTexts], title: str, name: str) -> Plot:
    labels = [one.panel.label.name for one in measured]
    styles = line_styles(short_names(dict.fromkeys(labels), RUN_NAME))

    def draw(axes: Axes, measure: str) -> Mapping[str, Line2D]:
        lines = {
            styles[label].label: _line(axes, one, measure, styles[label])
            for one, label in zip(measured, labels, strict=True)
        }
        rounds_axis(axes, max(one.rounds[-1] for one in measured))
        axes.set_ylim(bottom=0)
        return lines

    return Plot(name, title, _CAPTION, task_grid(title, CODE_NAMES, draw, labels=("round", "")))


def _line(axes: Axes, one: MeasuredTexts, measure: str, named: NamedLine) -> Line2D:
    found = [each for (name, _), each in sorted(one.found.items()) if name == measure]
    scale = 1 if measure in _COUNTED else 100
    rounds = np.array([each.round for each in found], dtype=float)
    value, low, high = (
        scale * np.array([getattr(each, end) for each in found], dtype=float)
        for end in ("value", "low", "high")
    )
    draw_interval(axes, rounds, low, high, named.style)
    return draw_line(axes, rounds, value, named)
