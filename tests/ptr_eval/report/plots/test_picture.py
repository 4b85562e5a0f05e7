"""Plots become pictures and files."""

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from ptr_eval.report.plots import accuracy_over_rounds, answer_flow
from ptr_eval.report.plots.picture import Plot, render, save
from ptr_eval.report.plots.style import DARK, INK, PAPER
from tests.ptr_eval.report.panel_factory import made

_IDS = re.compile(r' id="([^"]+)"')
_REFERENCES = re.compile(r'(?:url\(#|href="#)([^)"]+)')


def drawn(run: str = "a run") -> Plot:
    (plot,) = answer_flow([made("cwu", "wcc", "ccc", run=run)])
    return plot


def test_files_are_a_white_png_of_150_dpi_and_a_whole_svg(tmp_path: Path) -> None:
    plot = drawn()
    png, svg = save(render(plot), tmp_path)
    assert (png.name, svg.name) == (f"{plot.name}.png", f"{plot.name}.svg")
    header = png.read_bytes()[:24]
    width, height = (int.from_bytes(header[at : at + 4], "big") for at in (16, 20))
    inches = plot.figure.get_size_inches()
    assert (width, height) == pytest.approx(tuple(150 * inches), abs=1)
    pixels = mpl.image.imread(png)
    assert pixels[0, 0].tolist() == [1, 1, 1, 1]
    assert pixels.min() < 0.2
    root = ElementTree.fromstring(svg.read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox")


def test_the_same_panels_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, second = drawn(), drawn()
    assert first is not second
    assert render(first).dark_svg == render(second).dark_svg
    files = save(render(first), tmp_path), save(render(second), tmp_path / "again")
    for one, other in zip(*files, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_plots_do_not_get_each_other_s_pictures() -> None:
    one, other = drawn("one"), drawn("other")
    assert "one, task" in render(one).light_svg
    assert "other, task" in render(other).dark_svg
    assert "one, task" in render(one).dark_svg


def test_dark_ink_replaces_light_ink_but_not_in_names() -> None:
    plot = drawn(INK)
    light, dark = render(plot).light_svg, render(plot).dark_svg
    inside = re.findall(r"<[^>]*>", dark)
    assert not any(ink in tag for ink in DARK for tag in inside)
    assert any(DARK[INK] in tag for tag in inside)
    assert any(DARK[PAPER] in tag for tag in inside)
    assert f"{INK}, task" in light
    assert f"{INK}, task" in dark
    assert not any(ink in light for ink in DARK.values())


def test_pictures_on_one_page_share_no_ids_and_no_rules() -> None:
    plots = [drawn("one"), drawn("other")]
    pictures = map(render, plots)
    svgs = [svg for picture in pictures for svg in (picture.light_svg, picture.dark_svg)]
    ids = [set(_IDS.findall(svg)) for svg in svgs]
    for one, other in itertools.combinations(ids, 2):
        assert not one & other
    for svg, own in zip(svgs, ids, strict=True):
        assert own
        assert set(_REFERENCES.findall(svg)) <= own
        assert "<style" not in svg
        assert "<script" not in svg
        assert svg.startswith("<svg ")
        assert not re.search(r"href=\"(?!#)", svg)


def test_the_user_s_own_settings_neither_matter_nor_change() -> None:
    plain = render(drawn()).light_svg
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        assert render(drawn()).light_svg == plain
        assert dict(mpl.rcParams) == before


def test_rendering_moves_nothing(tmp_path: Path) -> None:
    (plot,) = accuracy_over_rounds([made("cw", "wc")])
    (axes,) = plot.figure.axes
    before = axes.get_position().bounds
    save(render(plot), tmp_path)
    assert axes.get_position().bounds == before
