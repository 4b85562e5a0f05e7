"""Plots, and the pictures that pages and folders hold of them.

The same plot always gives the same bytes. An SVG holds no ids, styles or fonts that could clash
with those of a page or of other plots.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from ptr_eval.report.plots.style import DARK, applied


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """A drawn figure with what a page needs to show it."""

    name: str
    """A short name, used for files: lower-case letters, digits and dashes."""
    title: str
    """Its title, one line."""
    caption: str
    """What is shown, what bands are, and how many items it rests on."""
    figure: Figure
    """The figure, laid out."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot, rendered."""

    name: str
    """The plot's name, unique in a report."""
    caption: str
    """What it shows; a page also reads it aloud in place of the picture."""
    png: bytes
    """The PNG file, 150 dots per inch on white."""
    light_svg: str
    """The SVG for light pages and for a file, without a background."""
    dark_svg: str
    """The SVG for dark pages, of the same size."""


def render(plot: Plot) -> Picture:
    """Render a plot."""
    no_metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    png, svg = io.BytesIO(), io.StringIO()
    with applied():
        plot.figure.savefig(
            png, format="png", dpi=150, facecolor="white", metadata={"Software": None}
        )
    with applied(svg__hashsalt=plot.name):
        plot.figure.savefig(svg, format="svg", metadata=no_metadata)
    light = _embeddable(svg.getvalue())
    return Picture(plot.name, plot.caption, png.getvalue(), light, _darkened(light))


def save(picture: Picture, folder: Path) -> tuple[Path, Path]:
    """Write a picture as PNG and as SVG."""
    png, svg = folder / f"{picture.name}.png", folder / f"{picture.name}.svg"
    png.write_bytes(picture.png)
    svg.write_text(picture.light_svg, encoding="utf-8")
    return png, svg


def _embeddable(svg: str) -> str:
    rule = re.compile(r"\s*<defs>\s*<style[^>]*>\*\{([^}]*)\}</style>\s*</defs>")
    body = svg[svg.index("<svg") :]
    found = rule.search(body)
    if found:
        # A rule for * would hold for the whole page; on the root it is inherited.
        body = rule.sub("", body, count=1).replace("<svg ", f'<svg style="{found[1]}" ', 1)
    return re.sub(r'<g id="[^"]*"', "<g", body)


def _darkened(svg: str) -> str:
    inks = re.compile("|".join(DARK))
    ids = re.compile(r'( id="| xlink:href="#|url\(#)')

    def dark(tag: re.Match[str]) -> str:
        # Ids differ from those of the light one, which may be on the same page.
        return ids.sub(r"\1dark-", inks.sub(lambda ink: DARK[ink[0]], tag[0]))

    # Colours and ids are inside tags; a name that looks like one is between them.
    return re.sub(r"<[^>]*>", dark, svg)
