"""The report in a real browser: it opens from disk, filters, compares, and runs no one's code."""

import json
import random
import shutil
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

pytestmark = pytest.mark.slow

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1280,2400",
)  # fmt: skip
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
READY = """
const done = arguments[0];
const look = () => {
  const [mark] = performance.getEntriesByName("answers ready");
  if (mark && document.querySelector("#item-body .round")) done(mark.startTime);
  else setTimeout(look, 10);
};
look();
"""
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
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium on a light desktop, with a profile of its own, that logs all it does."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("chromium and chromedriver are not both on PATH")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    try:
        opened.set_script_timeout(120)
        _prefer(opened, "light")
        yield opened
    finally:
        opened.quit()


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


def _prefer(browser: Any, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


def _open(browser: Any, path: Path, fragment: str = "") -> float:
    """Open a report afresh; milliseconds until its answers could be read."""
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(path.as_uri() + fragment)
    return float(browser.execute_async_script(READY))


def _find(browser: Any, selector: str) -> Any:
    return browser.find_element("css selector", selector)


def _texts(browser: Any, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
    found: list[str] = browser.execute_script(script, selector)
    return found


def _choose(browser: Any, **choices: str) -> None:
    from selenium.webdriver.support.select import Select

    for name, text in choices.items():
        Select(_find(browser, f"#filters [name={name}]")).select_by_visible_text(text)


def _await(browser: Any, met: Callable[[], bool]) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 20, poll_frequency=0.05).until(lambda _: met())


def _await_item(browser: Any, number: int) -> None:
    _await(browser, lambda: _texts(browser, "#item-title") == [f"Item {number}"])


def _press(browser: Any, keys: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys(keys).perform()


def _listed(browser: Any) -> list[int]:
    return [int(title.removeprefix("Item ")) for title in _texts(browser, ".row .title")]


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
    _open(browser, small)
    assert browser.get_log("browser") == []
    assert _requests(browser) == [small.as_uri()]
    assert _texts(browser, "#count") == ["27 of 27 items"]
    assert "3 further items left out" in _texts(browser, "#about")[0]
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
    _open(browser, small)
    _choose(browser, **choices)
    expected = [number for number, ending in enumerate(ENDINGS) if fits(ending)]
    assert 0 < len(expected) < 27
    assert _listed(browser) == expected
    assert _texts(browser, "#count")[0].startswith(f"{len(expected)} of 27 ")
    _find(browser, "#clear").click()
    assert len(_listed(browser)) == 27


def test_run_and_task_filters_and_searches_combine(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    pairs = product(("base", "better"), ("sums", "words"))
    items = [_item(at, ("wrong",), *pair) for at, pair in enumerate(pairs)]
    write_html(path, title="Sums", sections=(), items=items, left_out=0)
    _open(browser, path)
    _choose(browser, run="better")
    assert _listed(browser) == [2, 3]
    _choose(browser, task="words")
    assert _listed(browser) == [3]
    _find(browser, "#clear").click()
    _choose(browser, where="in questions and responses")
    _find(browser, "#filters [name=text]").send_keys("QUESTION 2")
    _await(browser, lambda: _listed(browser) == [2])


def test_rounds_stand_side_by_side_with_their_differences_marked(browser: Any, small: Path) -> None:
    number = ENDINGS.index(("correct", "wrong", "wrong"))
    _open(browser, small, f"#item={number}")
    _await_item(browser, number)
    assert _texts(browser, ".round:nth-child(1) :is(ins, del)") == []
    assert _texts(browser, ".round:nth-child(2) del") == ["0", "correct"]
    assert _texts(browser, ".round:nth-child(2) ins") == ["1", "wrong"]
    assert _texts(browser, ".round:nth-child(3) ins") == ["2"]
    places = [round_.rect for round_ in browser.find_elements("css selector", ".round")]
    assert len({place["y"] for place in places}) == 1
    assert [place["x"] for place in places] == sorted({place["x"] for place in places})
    _find(browser, "#marking").click()
    _await(browser, lambda: not _texts(browser, ".round :is(ins, del)"))
    assert _texts(browser, ".response")[1] == "Try 1. It is wrong I think."


ANSWER = "18"
STATED = "\U0001f600 <mark>{}</mark>\r\nIt is <b>18</b>, not 20."
"""An answer after characters that Python and JavaScript count differently, amid markup."""


def _marked_item(*responses: str, padding: int = 0) -> ItemView:
    rounds = []
    for text in responses:
        response = "y" * padding + text
        start = response.index(ANSWER)
        span = (start, start + len(ANSWER))
        rounds.append(RoundView(response, "correct", ANSWER, 1.0, 9, 5, span=span))
    kept = RoundView("No changes needed.", "correct", ANSWER, 1.0, 9, 5, kept="kept from round 2")
    return ItemView("base", "sums", "", 0, 0, "How many?", ANSWER, (*rounds, kept))


def test_the_statement_that_was_scored_is_marked_in_the_text(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    first, second = STATED.format("one"), STATED.format("two").replace("20", "21")
    write_html(path, title="Sums", sections=(), items=[_marked_item(first, second)], left_out=0)
    _open(browser, path)
    shown = [text.replace("\r\n", "\n") for text in (first, second)]
    assert _texts(browser, ".response mark") == [ANSWER] * 2
    assert _texts(browser, ".response:has(mark)")[0] == shown[0]
    # Both texts are one where what was removed is left out.
    script = """const copy = document.querySelectorAll(".response")[1].cloneNode(true);
    copy.querySelectorAll("del").forEach((removed) => removed.remove());
    return [copy.textContent, copy.querySelector("mark").previousSibling.textContent]"""
    text, before = browser.execute_script(script)
    assert text == shown[1]
    assert before.endswith("\nIt is <b>")
    assert "kept from round 2" in _texts(browser, ".round:nth-child(3) .facts")[0]
    assert _texts(browser, ".round:nth-child(3) mark") == []
    _find(browser, "#marking").click()
    _await(browser, lambda: not _texts(browser, ".round :is(ins, del)"))
    assert _texts(browser, ".response mark") == [ANSWER] * 2
    assert _texts(browser, ".response")[:2] == shown
    assert browser.get_log("browser") == []


def test_an_answer_in_changed_words_is_marked_within_the_change(
    browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    item = _marked_item("It is 18", "So I think: 18/1 at most.")
    write_html(path, title="Sums", sections=(), items=[item], left_out=0)
    _open(browser, path)
    assert "".join(_texts(browser, ".round:nth-child(2) mark")) == ANSWER
    text = browser.execute_script(
        "const copy = document.querySelectorAll('.response')[1].cloneNode(true);"
        "copy.querySelectorAll('del').forEach((removed) => removed.remove());"
        "return copy.textContent"
    )
    assert text == "So I think: 18/1 at most."


def test_an_answer_far_down_is_marked_once_all_is_shown(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    item = _marked_item("It is 18.", padding=50_000)
    write_html(path, title="Sums", sections=(), items=[item], left_out=0)
    _open(browser, path)
    assert _texts(browser, ".response mark") == []
    _find(browser, "button.more").click()
    assert _texts(browser, ".response mark") == [ANSWER]
    assert _texts(browser, ".response")[0] == "y" * 50_000 + "It is 18."


def test_j_and_k_walk_through_the_items_and_the_address_follows(browser: Any, small: Path) -> None:
    _open(browser, small)
    _press(browser, "jjk")
    _await_item(browser, 1)
    address = browser.current_url
    _press(browser, "j")
    _await_item(browser, 2)
    _open(browser, small, "#" + address.split("#")[1])
    _await_item(browser, 1)


def test_letters_typed_in_a_field_do_not_move_the_list(browser: Any, small: Path) -> None:
    _open(browser, small)
    _find(browser, ".rows-filter input").send_keys("jjj")
    assert _texts(browser, "#item-title") == ["Item 0"]


def test_a_link_opens_its_item_and_a_stale_one_says_so(browser: Any, small: Path) -> None:
    link = {"item": 5, "sample": 0, "task": "sums", "run": "base"}
    _open(browser, small, f"#{urlencode(link)}")
    _await_item(browser, 5)
    assert _texts(browser, ".given")[0] == "Question 5?"
    _open(browser, small, f"#{urlencode({**link, 'run': 'gone'})}")
    assert "is not among them" in _texts(browser, "#count")[0]


def test_tables_sort_by_number_and_by_word_and_back(browser: Any, small: Path) -> None:
    _open(browser, small)
    run, score = browser.find_elements("css selector", "#table-scores button.sort")
    before = _texts(browser, "#table-scores tbody td")
    assert before == [*"01234567", "10", "n/a"]
    score.click()
    assert _texts(browser, "#table-scores tbody td") == ["10", *"76543210", "n/a"]
    score.click()
    assert _texts(browser, "#table-scores tbody td") == before
    assert _find(browser, "#table-scores [aria-sort]").get_attribute("aria-sort") == "ascending"
    run.click()
    assert _texts(browser, "#table-scores tbody th") == [*"abcdefgh", "new", "ten published"]
    run.click()
    run.click()
    assert _texts(browser, "#table-scores tbody td") == before


def test_tables_filter_by_words(browser: Any, small: Path) -> None:
    _open(browser, small)
    _find(browser, ".rows-filter input").send_keys("PUBLISHED")
    assert _texts(browser, "#table-scores tbody tr:not([hidden]) td") == ["10"]
    assert _texts(browser, ".rows-filter [role=status]") == ["1 of 10 rows"]


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_pictures_follow_the_system_and_the_button(
    browser: Any, small: Path, scheme: str, other: str
) -> None:
    def shown() -> tuple[str, str]:
        script = """const img = document.querySelector("figure img");
        return [atob(img.currentSrc.split(",")[1]), getComputedStyle(document.body).color]"""
        picture, ink = browser.execute_script(script)
        return picture, "light" if ink == "rgb(28, 33, 38)" else "dark"

    _prefer(browser, scheme)
    try:
        _open(browser, small)
        assert shown() == (SVG.format(scheme), scheme)
        _find(browser, "#theme").click()
        _await(browser, lambda: shown() == (SVG.format(other), other))
        _find(browser, "#theme").click()
        _await(browser, lambda: shown() == (SVG.format(scheme), scheme))
    finally:
        _prefer(browser, "light")


def test_nothing_that_models_or_names_say_is_run(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    texts = (HOSTILE, "Fine", HOSTILE, MEGABYTE)
    rounds = tuple(
        RoundView(each, "wrong", each, 0.0, 9, 5, True, each, span=(1, len(each)), kept=HOSTILE)
        for each in texts
    )
    items = [ItemView(HOSTILE, HOSTILE, HOSTILE, n, 0, HOSTILE, HOSTILE, rounds) for n in (0, 1)]
    rows = tuple(_row(HOSTILE, float(score), True) for score in range(9))
    table = Table("scores", HOSTILE, (HOSTILE, "score"), rows, HOSTILE)
    section = Section("accuracy", HOSTILE, (HOSTILE,), (table,), (_picture(HOSTILE),))
    write_html(path, title=HOSTILE, sections=[section], items=items, left_out=0)
    _open(browser, path)
    for button in browser.find_elements("css selector", "button.sort"):
        button.click()
    _press(browser, "j")
    _await_item(browser, 1)
    assert SHOWN in _texts(browser, "#filters [name=run] option")
    for selector in ("h1", "tbody th", "thead th", "figcaption", ".response", ".given", "code"):
        assert SHOWN in _texts(browser, selector)[0], selector
    assert SHOWN in _texts(browser, ".round:nth-child(3) ins")[0]
    browser.execute_script("document.querySelector('button.more').click()")
    assert _texts(browser, ".response")[3] == SHOWN + "y" * 1_000_000
    _open(browser, path, "#" + browser.current_url.split("#")[1])
    _await_item(browser, 1)
    assert browser.execute_script("return window.hacked ?? null") is None
    assert _texts(browser, "img, svg, iframe, object, embed") == [""]
    assert browser.get_log("browser") == []
    assert _requests(browser)[-1].startswith(path.as_uri())


def test_a_report_without_answers_says_so(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_html(path, title="Sums", sections=(), items=(), left_out=0)
    browser.get(path.as_uri())
    _await(browser, lambda: bool(_texts(browser, "#about")[0]))
    assert _texts(browser, "#about") == ["This report holds no single answers."]
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
    ready = _open(browser, path)
    size = path.stat().st_size / 1e6
    sys.stdout.write(f"\nfile {size:.1f} MB, answers ready after {ready:.0f} ms\n")
    assert ready < 10_000
    assert len(_texts(browser, ".row")) < 100
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
    sys.stdout.write(f"search of all texts: {took:.0f} ms, {_texts(browser, '#count')[0]}\n")
    assert took < 30_000
    for scheme in ("light", "dark"):
        _prefer(browser, scheme)
        assert browser.save_screenshot(str(tmp_path / f"{scheme}.png"))
    _prefer(browser, "light")
