"""How often a judge prefers the answers of each round."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ptr_eval.report.data.judged_rounds import JudgedRounds
from ptr_eval.report.plots.canvas import NamedLine, draw_interval, draw_line, percent_axis
from ptr_eval.report.plots.curves import in_percent
from ptr_eval.report.plots.grid import line_styles, spread, task_grid
from ptr_eval.report.plots.naming import RUN_NAME, short_names
from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.style import FAINT

_TITLE = "How often later answers are preferred"
_WIDTH = 0.24
"""Over how much of a round the lines are spread, so that no interval hides another."""


def win_rates(judged: Sequence[JudgedRounds]) -> list[Plot]:
    """Plot win rates over rounds.

    Args:
        judged: What judges said; a judgement without any win rate is left out.

    Returns:
        One plot of all tasks; none if there is nothing to draw.
    """
    known = [one for one in judged if any(f.wins.matches for f in one.rounds)]
    if not known:
        return []
    styles = line_styles(short_names(dict.fromkeys(map(_label, known)), RUN_NAME))
    tasks = short_names(dict.fromkeys(one.judgement.task for one in known), 26)
    figure = task_grid(
        _TITLE,
        tasks,
        lambda axes, task: _draw(axes, [o for o in known if o.judgement.task == task], styles),
        labels=("round", "win rate (%)"),
    )
    caption = (
        "Win rates over matches that a judge decided or tied, a tie half a win; 50 % is no "
        "preference. Whiskers are 95 % t intervals over questions. What length has to do with it, "
        "and how far the judges can be trusted, is in the tables."
    )
    return [Plot("judged-rounds", _TITLE, caption, figure)]


def _label(one: JudgedRounds) -> str:
    told = one.judgement
    itself = ", itself" if told.itself else ""
    judge = told.judge.rstrip("/").rpartition("/")[2]
    return f"{one.run} against {told.against} ({judge}{itself}, {told.form})"


def _draw(
    axes: Axes, judged: Sequence[JudgedRounds], styles: Mapping[str, NamedLine]
) -> dict[str, Line2D]:
    lines, extent = {}, [np.array([50.0])]
    axes.axhline(50, color=FAINT, linewidth=1.0, linestyle="--", zorder=1)
    rounds = sorted({figures.round for one in judged for figures in one.rounds})
    for one, shift in zip(judged, spread(len(judged), _WIDTH), strict=True):
        named = styles[_label(one)]
        values, low, high = in_percent([figures.wins.rate for figures in one.rounds])
        x = np.array([figures.round for figures in one.rounds]) + shift
        draw_interval(axes, x, low, high, named.style)
        lines[named.label] = draw_line(axes, x, values, named)
        extent += [values, low, high]
    percent_axis(axes, extent)
    axes.set_xlim(rounds[0] - 0.5, rounds[-1] + 0.5)
    axes.set_xticks(rounds)
    return lines
