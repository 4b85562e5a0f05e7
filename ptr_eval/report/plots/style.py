"""The one look of every figure: colours, markers and lines.

Colours are Okabe and Ito's, darkened where they would fade on white, so that each has a contrast
of at least 3 to white and to a dark page; markers, lines and hatches tell the same in grey.
Figures are rendered without pyplot and without touching Matplotlib's global settings.
"""

import contextlib
from dataclasses import dataclass
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure

INK = "#1f2328"
"""Text, axes and outlines; recoloured for dark pages, as are the next three."""
FAINT = "#6e7781"
GRID = "#d0d7de"
PAPER = "#fefefe"

DARK = {INK: "#e6edf3", FAINT: "#8d96a0", GRID: "#30363d", PAPER: "#0d1117"}
"""What stands in for each of the above on a dark page."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b87f00", "#2f93cc", "#857c00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p", "d", "h")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (1, 1.3)),
    (0, (6, 1.5, 1, 1.5)),
    (0, (5, 1.5, 1, 1.5, 1, 1.5)),
)
"""Solid, dotted, and dashed with one dot or two; plain dashes are the baseline's alone."""
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "---", "ooo", "|||", "+++", "**")
VERDICT_COLOURS = {"correct": "#009e73", "wrong": "#d55e00", "no answer": "#7f7f7f"}
VERDICT_HATCHES = {"correct": "", "wrong": "///", "no answer": "..."}

_SETTINGS = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "figure.titlesize": 11,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "lines.linewidth": 1.6,
    "lines.markersize": 6,
    "svg.fonttype": "none",
    "text.color": INK,
    # Names are untrusted: a dollar sign must not start a formula.
    "text.parse_math": False,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
}


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How one line looks."""

    colour: str
    """Its colour."""
    marker: str
    """Its marker."""
    dashes: Any
    """Its Matplotlib line style."""
    width: float = 1.6
    """Its width in points."""


BASELINE = LineStyle(INK, "o", "--", 2.0)


def line_style(index: int) -> LineStyle:
    """Give a line its look."""
    return LineStyle(
        COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)], DASHES[index % len(DASHES)]
    )


def applied(**more: object) -> contextlib.AbstractContextManager[None]:
    """Draw in this look, whatever the user's own Matplotlib settings are."""
    extra = {name.replace("__", "."): value for name, value in more.items()}
    context: contextlib.AbstractContextManager[None] = matplotlib.style.context(
        {**_SETTINGS, **extra}, after_reset=True
    )
    return context


def laid_out(figure: Figure) -> Figure:
    """Lay a figure out once and for all, so that every rendering of it is the same."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine("none")
    return figure
