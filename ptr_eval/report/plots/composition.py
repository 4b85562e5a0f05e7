"""What tokens go into: thinking, the answer shown, and refining (GSR, figure 8 and Table 4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from ptr_eval.report.plots.canvas import draw_interval, legend_below, new_figure, slant
from ptr_eval.report.plots.grid import PUBLISHED, PUBLISHED_NOTE, draw_published
from ptr_eval.report.plots.naming import RUN_NAME, short_names, slugs
from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.style import BASELINE, HATCHES, INK, applied, laid_out, line_style
from ptr_eval.stats import Estimate
from ptr_eval.stats.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class TokenUse:
    """The tokens that a run's answers to a task take on average."""

    run: str
    """The run."""
    task: str
    """The task."""
    thinking: float
    """Tokens of a candidate's thinking block; nan where not recorded."""
    summary: float
    """Tokens of what follows, which is shown when refining; nan likewise."""
    direct: Estimate
    """Tokens generated to solve a question directly."""
    refining: Estimate
    """Tokens generated to refine candidates; nan if nothing was refined."""
    published: tuple[float, float] | None = None
    """Published numbers of the last two, if they are to be drawn."""


def token_composition(found: Sequence[TokenUse]) -> list[Plot]:
    """Plot how much of a candidate is shown, and what refining takes beside solving directly.

    Args:
        found: What is known of each run and task.

    Returns:
        One plot a run of the halves that are known of it; none for a run without either.
    """
    runs = short_names((one.run for one in found), RUN_NAME)
    files = slugs(runs)
    plots = (_of_run([o for o in found if o.run == run], runs[run], files[run]) for run in runs)
    return [plot for plot in plots if plot is not None]


def _of_run(found: Sequence[TokenUse], label: str, file: str) -> Plot | None:
    thinking = [one for one in found if one.thinking > 0]
    refining = [one for one in found if one.direct.value > 0 and one.refining.value > 0]
    halves = [half for half in ((_compose, thinking), (_compare, refining)) if half[1]]
    if not halves:
        return None
    title = f"What tokens go into: {label}"
    handles: dict[str, Any] = {}
    with applied():
        widths = [max(3.4, 1.0 + 0.62 * len(chosen)) for _, chosen in halves]
        figure = new_figure(title, max(5.2, sum(widths)), 4.0)
        grid = figure.subplots(1, len(halves), squeeze=False, width_ratios=widths).ravel()
        for axes, (draw, chosen) in zip(grid, halves, strict=True):
            handles |= draw(axes, chosen)
            _name_tasks(axes, [one.task for one in chosen])
        grid[0].set_ylabel("tokens generated, mean")
        # Published values come last.
        entries = sorted(handles, key=lambda entry: entry == PUBLISHED)
        legend_below(figure, [handles[entry] for entry in entries], entries)
        laid_out(figure)
    return Plot(f"tokens-by-part--{file}", title, _caption(thinking, refining), figure)


def _caption(thinking: Sequence[TokenUse], refining: Sequence[TokenUse]) -> str:
    sentences = ["Mean tokens that an answer takes."]
    if thinking:
        sentences.append(
            "Candidates have thinking and a summary after it; only the summary is shown when "
            "refining. The percentage is the summary's share. These means have no interval."
        )
    else:
        sentences.append("No thinking of candidates is recorded.")
    if refining:
        sentences.append(
            "Solving a question directly is drawn beside refining candidates; the percentage is "
            "what refining takes more or less. Whiskers are 95 % t intervals over questions."
        )
    else:
        sentences.append("No tokens of refined answers are recorded.")
    if any(one.published for one in refining):
        sentences.append(PUBLISHED_NOTE)
    return " ".join(sentences)


def _compose(axes: Axes, found: Sequence[TokenUse]) -> dict[str, Any]:
    axes.set_title("candidates")
    thinking, summary = (
        np.array([getattr(one, part) for one in found]) for part in ("thinking", "summary")
    )
    x = np.arange(float(len(found)))
    handles = {
        "thinking": _bars(axes, x, thinking, 0, width=0.6),
        "summary": _bars(axes, x, summary, 1, width=0.6, bottom=thinking),
    }
    total = thinking + summary
    _write(axes, x, total, [f"{share:.1%}" for share in summary / total])
    axes.set_ylim(0, 1.12 * float(total.max()))
    return handles


def _compare(axes: Axes, found: Sequence[TokenUse]) -> dict[str, Any]:
    axes.set_title("solving and refining")
    x = np.arange(float(len(found)))
    handles: dict[str, Any] = {}
    tops, others = [], [np.zeros(len(found))]
    for at, (entry, estimates) in enumerate(
        (("solving directly", [o.direct for o in found]), ("refining", [o.refining for o in found]))
    ):
        values, low, high = (
            np.array([getattr(e, end) for e in estimates]) for end in ("value", "low", "high")
        )
        place = x + 0.4 * (at - 0.5)
        handles[entry] = _bars(axes, place, values, at + 2, width=0.37)
        draw_interval(axes, place, np.maximum(low, 0), high, BASELINE)
        tops.append(np.fmax(values, high))
        published = np.array([o.published[at] if o.published else np.nan for o in found])
        if not np.isnan(published).all():
            handles[PUBLISHED] = draw_published(axes, place, published)
            others.append(published)
    own = np.fmax(*tops)
    top = 1.12 * float(np.fmax.reduce([own, *others]).max())
    axes.set_ylim(0, top)
    # Texts stand on the bars they are about, but not on published points just above these.
    near = [np.where(points < own + 0.1 * top, points, 0) for points in others]
    more = [f"{one.refining.value / one.direct.value - 1:+.1%}" for one in found]
    _write(axes, x, np.fmax.reduce([own, *(n + 0.02 * top for n in near)]), map(_minus, more))
    return handles


def _bars(
    axes: Axes, x: Floats, heights: Floats, look: int, *, width: float, bottom: Floats | float = 0
) -> BarContainer:
    return axes.bar(
        x,
        heights,
        width=width,
        bottom=bottom,
        color=line_style(look).colour,
        edgecolor=INK,
        linewidth=0.6,
        hatch=HATCHES[look],
    )


def _write(axes: Axes, x: Floats, tops: Floats, texts: Iterable[str]) -> None:
    for place, top, text in zip(x, tops, texts, strict=True):
        axes.annotate(
            text,
            (place, top),
            (0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7.5,
        )


def _name_tasks(axes: Axes, tasks: Sequence[str]) -> None:
    names = list(short_names(tasks, 18).values())
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    if sum(map(len, names)) > 7 * len(names):
        slant(axes)


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")
