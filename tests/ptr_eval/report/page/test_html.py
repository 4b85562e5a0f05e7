"""The page is well formed, needs nothing else, and takes no text for markup."""

import base64
import gzip
import hashlib
import json
import random
import tracemalloc
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.report.page.html import FILTER_ROWS, write_html
from ptr_eval.report.page.view_model import ItemView, RoundView, Section
from ptr_eval.report.plots.picture import Picture
from ptr_eval.report.tables.table import Cell, Table, TableRow

HOSTILE = "</script></style><script>hacked()</script><img src=x onerror='hacked()'>\"'&amp;\u2028"
VOID = {"meta", "link", "img", "source", "input"}
SVG = "<svg xmlns='http://www.w3.org/2000/svg'><text>{}</text></svg>"


class Page(HTMLParser):
    """What a browser would make of a page: elements, attributes and texts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
            self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.append((self.open[-1], data))

    def values(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]

    def inside(self, tag: str) -> list[str]:
        return [text for found, text in self.texts if found == tag and text]


def write(
    path: Path, *sections: Section, items: Iterable[ItemView] = (), left_out: int = 0
) -> Page:
    write_html(path, title="Sums", sections=sections, items=items, left_out=left_out)
    return Page(path)


def item(number: int, response: str = "Two.", verdict: str = "correct") -> ItemView:
    round_ = RoundView(response, verdict, "2", 1.0, 10, 5)
    return ItemView("base", "sums", "", number, 0, response, response, (round_,))


def table(*rows: TableRow, text: str = "Scores") -> Table:
    return Table("scores", text, (text, "score"), rows, note=text)


def row(name: str, score: float | None = 50.0, published: bool = False) -> TableRow:
    return TableRow(
        (Cell(name), Cell("n/a" if score is None else f"{score:.1f}", score)), published
    )


def section(text: str = "Accuracy", *rows: TableRow) -> Section:
    picture = Picture("rounds", text, b"", SVG.format("light"), SVG.format("dark"))
    return Section("accuracy", text, (text,), (table(*rows, text=text),), (picture,))


def unpacked(page: Page) -> list[Any]:
    """The blocks, and last the index."""
    packed = page.inside("script")[:-1]
    return [json.loads(gzip.decompress(base64.b64decode(letters))) for letters in packed]


def sha256(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@pytest.fixture
def full(tmp_path: Path) -> Page:
    shown = section("Accuracy", row("base"), row("Published", published=True))
    return write(tmp_path / "report.html", shown, items=map(item, range(3)), left_out=7)


def test_every_element_is_closed(full: Page) -> None:
    assert full.open == []
    assert full.tags.count("main") == full.tags.count("h1") == 1


def test_ids_are_unique_and_links_lead_somewhere(full: Page) -> None:
    ids = full.values("id")
    assert len(ids) == len(set(ids))
    anchors = [value for tag, name, value in full.attributes if (tag, name) == ("a", "href")]
    assert {anchor.removeprefix("#") for anchor in anchors} <= set(ids)
    assert {"#section-accuracy", "#answers"} <= set(anchors)


def test_the_page_loads_nothing(full: Page) -> None:
    for name in ("src", "srcset", "href", "action", "data", "poster"):
        assert all(value.startswith(("data:", "#")) for value in full.values(name))
    (style,) = full.inside("style")
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_this_script_this_style_and_inline_pictures_alone(full: Page) -> None:
    *_, script = full.inside("script")
    (style,) = full.inside("style")
    policy = dict(rule.split(" ", 1) for rule in full.values("content")[0].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == sha256(script)
    assert policy["style-src"] == sha256(style)
    assert policy["img-src"] == "data:"


def test_the_policy_comes_before_all_it_governs(full: Page) -> None:
    before = full.tags[: full.tags.index("style")]
    assert full.values("http-equiv") == ["Content-Security-Policy"]
    assert set(before) <= {"html", "head", "meta", "title", "link"}


def test_scripts_parse_no_text_and_ask_for_nothing(full: Page) -> None:
    *_, script = full.inside("script")
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert name not in script
    for name in ("fetch(", "XMLHttpRequest", "import(", "WebSocket", "http:", "https:"):
        assert name not in script


def test_items_and_what_is_left_out_are_packed(full: Page) -> None:
    block, index = unpacked(full)
    assert [each["rounds"][0]["response"] for each in block] == ["Two."] * 3
    assert index["columns"]["item"] == [0, 1, 2]
    assert index["left_out"] == 7


def test_pictures_are_there_for_light_and_dark_pages(full: Page) -> None:
    sources = [*full.values("srcset"), *full.values("src")]
    pictures = [base64.b64decode(each.split(",")[1]).decode() for each in sources]
    assert pictures == [SVG.format("dark"), SVG.format("light")]


def test_published_rows_are_marked_and_others_are_not(full: Page) -> None:
    assert [each for each in full.values("class") if each == "published"] == ["published"]
    assert full.inside("span").count("published") == 1


def test_cells_carry_their_numbers(tmp_path: Path) -> None:
    page = write(tmp_path / "report.html", section("A", row("a", 12.25), row("b", None)))
    assert page.values("data-value") == ["12.25"]
    assert {"12.2", "n/a"} <= set(page.inside("td"))


@pytest.mark.parametrize(("rows", "fields"), [(FILTER_ROWS, 0), (FILTER_ROWS + 1, 1)])
def test_long_tables_can_be_filtered(tmp_path: Path, rows: int, fields: int) -> None:
    page = write(tmp_path / "report.html", section("A", *map(row, map(str, range(rows)))))
    assert page.values("class").count("rows-filter") == fields


def test_markup_in_texts_stays_text(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.html", section("A", row("a")), items=[item(1)])
    path = tmp_path / "report.html"
    shown = section(HOSTILE, row(HOSTILE))
    write_html(path, title=HOSTILE, sections=[shown], items=[item(1, HOSTILE)], left_out=0)
    page = Page(path)
    assert page.tags == plain.tags
    assert len(page.attributes) == len(plain.attributes)
    for tag in ("title", "h1", "h2", "p", "caption", "th", "figcaption", "a"):
        assert HOSTILE in page.inside(tag)
    assert page.values("alt") == [HOSTILE]
    assert unpacked(page)[0][0]["question"] == HOSTILE


def test_what_cannot_be_seen_is_named(tmp_path: Path) -> None:
    page = write(tmp_path / "report.html", section("nul\0 turned\u202e half\ud800 bell\x07"))
    assert "nul␀ turned[U+202E] half\ufffd bell␇" in page.inside("p")


def test_an_empty_report_is_a_page(tmp_path: Path) -> None:
    page = write(tmp_path / "report.html", left_out=2)
    assert page.open == []
    (index,) = unpacked(page)
    assert index["columns"]["item"] == []
    assert index["left_out"] == 2


def test_a_table_without_rows_is_shown(tmp_path: Path) -> None:
    page = write(tmp_path / "report.html", section("Nothing yet"))
    assert "score" in page.inside("th")


def test_equal_reports_are_equal_files(tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write(tmp_path / name, section("A", row("a")), items=map(item, range(5)))
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_report_that_fails_leaves_the_earlier_one_and_no_half(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write(path)
    earlier = path.read_bytes()
    with pytest.raises(ValueError, match="not in tuple"):
        write(path, items=[item(1, verdict="perhaps")])
    assert path.read_bytes() == earlier
    assert list(tmp_path.iterdir()) == [path]


def test_items_pass_through_without_piling_up(tmp_path: Path) -> None:
    numbers = random.Random(0)

    def items() -> Iterator[ItemView]:
        for number in range(20_000):
            round_ = RoundView(numbers.randbytes(1_000).hex(), "wrong", None, 0.0, 10, 5)
            yield ItemView("base", "sums", "", number, 0, "How many?", "2", (round_,))

    path = tmp_path / "report.html"
    tracemalloc.start()
    try:
        write_html(path, title="Sums", sections=(), items=items(), left_out=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16_000_000 < path.stat().st_size
