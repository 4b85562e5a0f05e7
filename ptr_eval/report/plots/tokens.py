"""Accuracy against tokens: what each further round costs and brings."""

from collections.abc import Mapping, Sequence

import numpy as np

from ptr_eval.report.data.panels import Panel, of_task, tasks_of
from ptr_eval.report.plots.canvas import (
    NamedLine,
    draw_interval,
    draw_line,
    legend_below,
    new_figure,
    percent_axis,
    run_styles,
)
from ptr_eval.report.plots.curves import curve, items_phrase
from ptr_eval.report.plots.naming import short_names, slugs
from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.style import applied, laid_out
from ptr_eval.stats import recorded_mean
from ptr_eval.stats.arrays import Floats


def accuracy_against_tokens(panels: Sequence[Panel]) -> list[Plot]:
    """Plot accuracy against the tokens generated so far.

    Args:
        panels: Any panels; those whose runs recorded no tokens are left out.

    Returns:
        One plot a task, none for a task without any tokens.
    """
    styles, names = run_styles(panels), short_names(tasks_of(panels))
    files = slugs(names)
    counted = [panel for panel in panels if np.nansum(panel.generated_tokens) > 0]
    return [
        _of_task(of_task(counted, task), styles, names[task], files[task])
        for task in tasks_of(counted)
    ]


def tokens_so_far(panel: Panel) -> Floats:
    """Add up the tokens generated until the end of each round."""
    flat = panel.generated_tokens.reshape(-1, panel.rounds)
    return np.cumsum(np.nan_to_num(recorded_mean(flat, axis=0)))


def _of_task(
    panels: Sequence[Panel], styles: Mapping[str, NamedLine], task: str, file: str
) -> Plot:
    title = f"Accuracy against generated tokens: {task}"
    extent, lines = [], []
    with applied():
        figure = new_figure(title, 6.4, 3.9)
        axes = figure.add_subplot()
        for panel in panels:
            named, found, spent = styles[panel.label.run], curve(panel), tokens_so_far(panel)
            draw_interval(axes, spent, found.low, found.high, named.style)
            lines.append(draw_line(axes, spent, found.accuracy, named))
            extent += [found.accuracy, found.low, found.high]
        percent_axis(axes, extent)
        axes.set_xlim(0, 1.05 * max(float(np.max(line.get_xdata())) for line in lines))
        axes.set_xlabel("tokens generated so far, mean per item and sample")
        axes.set_ylabel("accuracy (%)")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        legend_below(figure, lines, [str(line.get_label()) for line in lines])
        laid_out(figure)
    caption = (
        "Mean score against the tokens generated up to and with each round; points from left to "
        f"right are rounds; {items_phrase(panels)}. Whiskers are 95 % t intervals from standard "
        "errors over clusters."
    )
    return Plot(f"accuracy-against-tokens--{file}", title, caption, figure)
