"""The report in a real browser: it opens from disk, filters, compares, and runs no one's code."""

import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from ptr_eval.report.page.html import write_html
from ptr_eval.report.page.view_model import ItemView, RoundView, Section
from ptr_eval.report.plots.picture import Picture
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import VERDICTS
from tests.integration.report_page import (
    find,
    open_page,
    prefer,
    press,
    texts,
    wait_for,
    wait_for_item,
)

pytestmark = pytest.mark.slow

HOSTILE = (
    "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
    "<svg onload='window.hacked=1'>&lt;\u2028nul\0turned\u202ebell\x07"
)
# As a page shows it: what cannot be seen is named.
SHOWN = HOSTILE.replace("\0", "␀").replace("\u202e", "[U+202E]").replace("\x07", "␇")
MEGABYTE = HOSTILE + "y" * 1_000_000
# Every way in which three rounds can end; an item's number is its place here.
ENDINGS = list(product(VERDICTS, repeat=3))
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><text y='9'>{}</text></svg>"
# From the change of a filter until its result has been drawn.
FILTER = """
const [name, value, done] = arguments;
const start = performance.now();
const field = document.getElementById("filters").elements[name];
field.value = value;
field.dispatchEvent(new Event(name === "text" ? "input" : "change", { bubbles: true }));
const look = () => {
  const busy = !document.getElementById("progress").hidden;
  if (busy || performance.now() - start < LEAST) setTimeout(look, 5);
  else requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
};
look();
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of every ending, with a table and a picture."""
    path = tmp_path_factory.mktemp("small") / "report.html"
    rows = [_row(name, score) for name, score in zip("hgfedcba", range(8), strict=True)]
    table = Table(
        "scores", "Scores", ("run", "score"), (*rows, _row("ten", 10.0, True), _row("new", None))
    )
    section = Section("accuracy", "Accuracy", ("Up.",), (table,), (_picture("Rounds"),))
    items = [_item(number, ending) for number, ending in enumerate(ENDINGS)]
    write_html(path, title="Sums", sections=[section], items=items, left_out=3)
    return path


def _item(number: int, ending: Sequence[str], run: str = "base", task: str = "sums") -> ItemView:
    rounds = tuple(
        RoundView(f"Try {at}. It is {verdict} I think.", verdict, verdict[0], None, 9, 5)
        for at, verdict in enumerate(ending)
    )
    return ItemView(run, task, "", number, 0, f"Question {number}?", "c", rounds)


def _row(name: str, score: float | None, published: bool = False) -> TableRow:
    return TableRow(
        (Cell(name), Cell("n/a" if score is None else f"{score:.0f}", score)), published
    )


def _picture(caption: str) -> Picture:
    return Picture("rounds", caption, b"", SVG.format("light"), SVG.format("dark"))


def _choose(browser: Any, **choices: str) -> None:
    from selenium.webdriver.support.select import Select

    for name, text in choices.items():
        Select(find(browser, f"#filters [name={name}]")).select_by_visible_text(text)


def _listed(browser: Any) -> list[int]:
    return [int(title.removeprefix("Item ")) for title in texts(browser, ".row .title")]


def _requests(browser: Any) -> list[str]:
    """What the page asked for beside itself, and what it was made of."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    script = "return performance.getEntriesByType('resource').map((e) => e.name)"
    resources: list[str] = browser.execute_script(script)
    return [url for url in urls if not url.startswith("data:")] + resources


def test_the_page_opens_from_disk_without_errors_or_requests(browser: Any, small: Path) -> None:
    open_page(browser, small)
    assert browser.get_log("browser") == []
    assert _requests(browser) == [small.as_uri()]
    assert texts(browser, "#count") == ["27 of 27 items"]
    assert "3 further items left out" in texts(browser, "#about")[0]
    assert _listed(browser) == list(range(27))


@pytest.mark.parametrize(
    ("choices", "fits"),
    [
        ({"preset": "right in round 1, wrong in the last"}, lambda e: e[0] == "correct" != e[2]),
        ({"preset": "wrong in round 1, right in the last"}, lambda e: e[0] != "correct" == e[2]),
        ({"preset": "never right"}, lambda e: "correct" not in e),
        ({"preset": "always right"}, lambda e: set(e) == {"correct"}),
        ({"preset": "right and wrong by turns"}, lambda e: {"correct"} < set(e)),
        ({"preset": "changed its answer"}, lambda e: len(set(e)) > 1),
        ({"from_round": "2", "from_verdict": "wrong", "to_round": "3", "to_verdict": "correct"},
         lambda e: e[1:] == ("wrong", "correct")),
        ({"from_verdict": "correct", "to_verdict": "no answer"},
         lambda e: (e[0], e[2]) == ("correct", "unparsed")),
        ({"from_verdict": "not correct", "to_round": "2", "to_verdict": "not correct"},
         lambda e: "correct" not in e[:2]),
    ],
)  # fmt: skip
def test_a_transition_filter_leaves_exactly_its_items(
    browser: Any, small: Path, choices: dict[str, str], fits: Callable[[Sequence[str]], bool]
) -> None:
    open_page(browser, small)
    _choose(browser, **choices)
    expected = [number for number, ending in enumerate(ENDINGS) if fits(ending)]
    assert 0 < len(expected) < 27
    assert _listed(browser) == expected
    assert texts(browser, "#count")[0].startswith(f"{len(expected)} of 27 ")
    find(browser, "#clear").click()
    assert len(_listed(browser)) == 27


def test_what_failed_or_was_refused_is_no_verdict(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    right = RoundView("It is 1.", "correct", "1", 1.0, 9, 5)
    failed = RoundView("", None, None, None, 9, 0, failed="429", outcome="failed")
    refused = RoundView("", None, None, None, 9, 0, refused="I will not.", outcome="refused")
    empty = RoundView("", "unparsed", None, 0.0, 9, 0, outcome="empty")
    items = [
        ItemView("base", "sums", "", number, 0, "How many?", "1", (right, second, right))
        for number, second in enumerate((failed, refused, empty, right))
    ]
    write_html(path, title="Sums", sections=(), items=items, left_out=0)
    open_page(browser, path)
    for preset, expected in (
        ("a request failed", [0]),
        ("a request was refused", [1]),
        ("an answer was empty or cut off", [2]),
        ("always right", [0, 1, 3]),
        ("right and wrong by turns", [2]),
        ("changed its answer", [2]),
    ):
        _choose(browser, preset=preset)
        assert _listed(browser) == expected, preset
    find(browser, "#clear").click()
    _choose(browser, from_round="2", from_verdict="failed or refused")
    assert _listed(browser) == [0, 1]
    assert texts(browser, ".round:nth-child(2) .verdict") == ["∅ failed or refused"]
    assert texts(browser, ".round:nth-child(2) .warning") == ["The request failed: 429"]
    assert texts(browser, ".round:nth-child(3) :is(ins, del)") == []
    open_page(browser, path, "#item=1")
    wait_for_item(browser, 1)
    warning = "The request was refused: I will not."
    assert texts(browser, ".round:nth-child(2) .warning") == [warning]
    assert browser.get_log("browser") == []


def test_run_and_task_filters_and_searches_combine(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    pairs = product(("base", "better"), ("sums", "words"))
    items = [_item(at, ("wrong",), *pair) for at, pair in enumerate(pairs)]
    write_html(path, title="Sums", sections=(), items=items, left_out=0)
    open_page(browser, path)
    _choose(browser, run="better")
    assert _listed(browser) == [2, 3]
    _choose(browser, task="words")
    assert _listed(browser) == [3]
    find(browser, "#clear").click()
    _choose(browser, where="in questions and responses")
    find(browser, "#filters [name=text]").send_keys("QUESTION 2")
    wait_for(browser, lambda: _listed(browser) == [2])


def test_rounds_stand_side_by_side_with_their_differences_marked(browser: Any, small: Path) -> None:
    number = ENDINGS.index(("correct", "wrong", "wrong"))
    open_page(browser, small, f"#item={number}")
    wait_for_item(browser, number)
    assert texts(browser, ".round:nth-child(1) :is(ins, del)") == []
    assert texts(browser, ".round:nth-child(2) del") == ["0", "correct"]
    assert texts(browser, ".round:nth-child(2) ins") == ["1", "wrong"]
    assert texts(browser, ".round:nth-child(3) ins") == ["2"]
    places = [round_.rect for round_ in browser.find_elements("css selector", ".round")]
    assert len({place["y"] for place in places}) == 1
    assert [place["x"] for place in places] == sorted({place["x"] for place in places})
    find(browser, "#marking").click()
    wait_for(browser, lambda: not texts(browser, ".round :is(ins, del)"))
    assert texts(browser, ".response")[1] == "Try 1. It is wrong I think."


def test_j_and_k_walk_through_the_items_and_the_address_follows(browser: Any, small: Path) -> None:
    open_page(browser, small)
    press(browser, "jjk")
    wait_for_item(browser, 1)
    address = browser.current_url
    press(browser, "j")
    wait_for_item(browser, 2)
    open_page(browser, small, "#" + address.split("#")[1])
    wait_for_item(browser, 1)


def test_letters_typed_in_a_field_do_not_move_the_list(browser: Any, small: Path) -> None:
    open_page(browser, small)
    find(browser, ".rows-filter input").send_keys("jjj")
    assert texts(browser, "#item-title") == ["Item 0"]


def test_a_link_opens_its_item_and_a_stale_one_says_so(browser: Any, small: Path) -> None:
    link = {"item": 5, "sample": 0, "task": "sums", "run": "base"}
    open_page(browser, small, f"#{urlencode(link)}")
    wait_for_item(browser, 5)
    assert texts(browser, ".given")[0] == "Question 5?"
    open_page(browser, small, f"#{urlencode({**link, 'run': 'gone'})}")
    assert "is not among them" in texts(browser, "#count")[0]


def test_tables_sort_by_number_and_by_word_and_back(browser: Any, small: Path) -> None:
    open_page(browser, small)
    run, score = browser.find_elements("css selector", "#table-scores button.sort")
    before = texts(browser, "#table-scores tbody td")
    assert before == [*"01234567", "10", "n/a"]
    score.click()
    assert texts(browser, "#table-scores tbody td") == ["10", *"76543210", "n/a"]
    score.click()
    assert texts(browser, "#table-scores tbody td") == before
    assert find(browser, "#table-scores [aria-sort]").get_attribute("aria-sort") == "ascending"
    run.click()
    assert texts(browser, "#table-scores tbody th") == [*"abcdefgh", "new", "ten published"]
    run.click()
    run.click()
    assert texts(browser, "#table-scores tbody td") == before


def test_tables_filter_by_words(browser: Any, small: Path) -> None:
    open_page(browser, small)
    find(browser, ".rows-filter input").send_keys("PUBLISHED")
    assert texts(browser, "#table-scores tbody tr:not([hidden]) td") == ["10"]
    assert texts(browser, ".rows-filter [role=status]") == ["1 of 10 rows"]


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_pictures_follow_the_system_and_the_button(
    browser: Any, small: Path, scheme: str, other: str
) -> None:
    def shown() -> tuple[str, str]:
        script = """const img = document.querySelector("figure img");
        return [atob(img.currentSrc.split(",")[1]), getComputedStyle(document.body).color]"""
        picture, ink = browser.execute_script(script)
        return picture, "light" if ink == "rgb(28, 33, 38)" else "dark"

    prefer(browser, scheme)
    try:
        open_page(browser, small)
        assert shown() == (SVG.format(scheme), scheme)
        find(browser, "#theme").click()
        wait_for(browser, lambda: shown() == (SVG.format(other), other))
        find(browser, "#theme").click()
        wait_for(browser, lambda: shown() == (SVG.format(scheme), scheme))
    finally:
        prefer(browser, "light")


def test_nothing_that_models_or_names_say_is_run(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    responses = (HOSTILE, "Fine", HOSTILE, MEGABYTE)
    rounds = tuple(
        RoundView(
            each, "wrong", each, 0.0, 9, 5, True, each, HOSTILE, span=(1, len(each)), kept=HOSTILE
        )
        for each in responses
    )
    items = [ItemView(HOSTILE, HOSTILE, HOSTILE, n, 0, HOSTILE, HOSTILE, rounds) for n in (0, 1)]
    rows = tuple(_row(HOSTILE, float(score), True) for score in range(9))
    table = Table("scores", HOSTILE, (HOSTILE, "score"), rows, HOSTILE)
    section = Section("accuracy", HOSTILE, (HOSTILE,), (table,), (_picture(HOSTILE),))
    write_html(path, title=HOSTILE, sections=[section], items=items, left_out=0)
    open_page(browser, path)
    for button in browser.find_elements("css selector", "button.sort"):
        button.click()
    press(browser, "j")
    wait_for_item(browser, 1)
    assert SHOWN in texts(browser, "#filters [name=run] option")
    for selector in ("h1", "tbody th", "thead th", "figcaption", ".response", ".given", "code"):
        assert SHOWN in texts(browser, selector)[0], selector
    assert SHOWN in texts(browser, ".round:nth-child(3) ins")[0]
    browser.execute_script("document.querySelector('button.more').click()")
    assert texts(browser, ".response")[3] == SHOWN + "y" * 1_000_000
    open_page(browser, path, "#" + browser.current_url.split("#")[1])
    wait_for_item(browser, 1)
    assert browser.execute_script("return window.hacked ?? null") is None
    assert texts(browser, "img, svg, iframe, object, embed") == [""]
    assert browser.get_log("browser") == []
    assert _requests(browser)[-1].startswith(path.as_uri())


def test_a_report_without_answers_says_so(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_html(path, title="Sums", sections=(), items=(), left_out=0)
    browser.get(path.as_uri())
    wait_for(browser, lambda: bool(texts(browser, "#about")[0]))
    assert texts(browser, "#about") == ["This report holds no single answers."]
    assert browser.get_log("browser") == []


def _long_items(count: int) -> Iterator[ItemView]:
    """Answers of 600 to 1,000 characters; each round rewrites a part of the one before."""
    draw = random.Random(0)
    words = ["".join(draw.choices("etaoinshrdlu", k=draw.randint(1, 11))) for _ in range(5_000)]
    for number in range(count):
        text = " ".join(draw.choices(words, k=200))[: draw.randint(600, 1_000)]
        rounds = []
        for _ in range(3):
            cut = draw.randrange(len(text) // 2)
            fresh = " ".join(draw.choices(words, k=40))[:200]
            text = text[:cut] + fresh + text[cut + len(fresh) :]
            rounds.append(RoundView(text, draw.choice(VERDICTS), text[:5], None, 400, 200))
        run, task = f"run {number % 4}", f"task {number % 7}"
        yield ItemView(run, task, "", number, 0, text[:300], "c", tuple(rounds))


def test_fourteen_thousand_items_of_three_rounds_are_quick(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_html(path, title="Sums", sections=(), items=_long_items(14_000), left_out=0)
    ready = open_page(browser, path)
    size = path.stat().st_size / 1e6
    sys.stdout.write(f"\nfile {size:.1f} MB, answers ready after {ready:.0f} ms\n")
    assert ready < 10_000
    assert len(texts(browser, ".row")) < 100
    filters = [
        ("preset", "lost"), ("preset", "changed"), ("preset", ""), ("run", "1"), ("run", ""),
        ("task", "2"), ("task", ""), ("from_verdict", "correct"), ("to_verdict", "wrong"),
        ("from_verdict", "any"), ("to_verdict", "any"), ("text", "13999"), ("text", ""),
    ]  # fmt: skip
    for name, value in filters:
        took = browser.execute_async_script(FILTER.replace("LEAST", "0"), name, value)
        sys.stdout.write(f"{name} = {value or 'all'}: {took:.0f} ms\n")
        assert took < 1_500
    _choose(browser, where="in questions and responses")
    # Longer than the pause after which a search begins.
    took = browser.execute_async_script(FILTER.replace("LEAST", "300"), "text", "ta")
    sys.stdout.write(f"search of all texts: {took:.0f} ms, {texts(browser, '#count')[0]}\n")
    assert took < 30_000
    for scheme in ("light", "dark"):
        prefer(browser, scheme)
        assert browser.save_screenshot(str(tmp_path / f"{scheme}.png"))
    prefer(browser, "light")
