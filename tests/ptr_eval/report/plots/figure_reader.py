"""Eyes for figures: what a reader would see in them, and in the files made of them."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.plots.picture import Plot, render, save
from ptr_eval.report.plots.style import applied
from ptr_eval.runs import RunLabel
from tests.ptr_eval.report.panel_factory import made


def checkpoint(step: int, *items: str, task: str = "task", method: str = "PTR") -> Panel:
    """Spell the panel of one checkpoint of a training."""
    run = f"{method} at {step}"
    return replace(made(*items, task=task), label=RunLabel(run, run, method, step=step))


def legend_texts(figure: Figure) -> list[str]:
    """Read all entries of the legend below the axes, in reading order."""
    (legend,) = figure.legends
    figure.draw_without_rendering()

    def place(text: Text) -> tuple[float, float]:
        box = text.get_window_extent()
        return round(-box.y0 / box.height), box.x0

    return [text.get_text() for text in sorted(legend.get_texts(), key=place)]


def y_data(axes: Axes, label: str) -> list[float]:
    """Read the ordinates of the line with a label."""
    (line,) = [line for line in axes.get_lines() if line.get_label() == label]
    return [float(y) for y in np.asarray(line.get_ydata())]


def texts_in(root: ElementTree.Element) -> list[str]:
    """List the texts of an SVG."""
    return [element.text or "" for element in root.iter() if element.tag.endswith("}text")]


def rendered(plot: Plot, folder: Path) -> ElementTree.Element:
    """Render a plot every way there is, and check what must hold of any.

    Returns:
        The parsed SVG.
    """
    assert re.fullmatch(r"[a-z0-9]+(--?[a-z0-9]+)*", plot.name)
    assert plot.caption.endswith(".")
    assert "nan" not in plot.caption
    png, svg = save(render(plot), folder)
    assert png.read_bytes().startswith(b"\x89PNG\r\n")
    dark = ElementTree.fromstring(render(plot).dark_svg)
    root = ElementTree.fromstring(svg.read_text(encoding="utf-8"))
    assert texts_in(dark) == texts_in(root)
    assert {element.tag.split("}")[1] for element in root.iter()} <= {
        *("svg", "metadata", "RDF", "Work", "g", "path", "defs", "use", "text", "tspan"),
        *("clipPath", "rect", "pattern", "image"),
    }
    assert_nothing_clipped(plot.figure)
    return root


def assert_nothing_clipped(figure: Figure) -> None:
    """Check that all is inside the figure, at the width that letters have in its files."""
    figure.set_dpi(150)
    with applied():
        drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert drawn.x0 > 0
    assert drawn.x1 < width
    assert drawn.y0 > 0
    assert drawn.y1 < height
