"""The answer that was scored is marked in the text that the report's page shows."""

from pathlib import Path
from typing import Any

import pytest

from ptr_eval.report.page.html import write_html
from ptr_eval.report.page.view_model import ItemView, RoundView
from tests.integration.report_page import find, open_page, texts, wait_for

pytestmark = pytest.mark.slow

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
    open_page(browser, path)
    shown = [text.replace("\r\n", "\n") for text in (first, second)]
    assert texts(browser, ".response mark") == [ANSWER] * 2
    assert texts(browser, ".response:has(mark)")[0] == shown[0]
    # Both texts are one where what was removed is left out.
    script = """const copy = document.querySelectorAll(".response")[1].cloneNode(true);
    copy.querySelectorAll("del").forEach((removed) => removed.remove());
    return [copy.textContent, copy.querySelector("mark").previousSibling.textContent]"""
    text, before = browser.execute_script(script)
    assert text == shown[1]
    assert before.endswith("\nIt is <b>")
    assert "kept from round 2" in texts(browser, ".round:nth-child(3) .facts")[0]
    assert texts(browser, ".round:nth-child(3) mark") == []
    find(browser, "#marking").click()
    wait_for(browser, lambda: not texts(browser, ".round :is(ins, del)"))
    assert texts(browser, ".response mark") == [ANSWER] * 2
    assert texts(browser, ".response")[:2] == shown
    assert browser.get_log("browser") == []


def test_an_answer_in_changed_words_is_marked_within_the_change(
    browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    item = _marked_item("It is 18", "So I think: 18/1 at most.")
    write_html(path, title="Sums", sections=(), items=[item], left_out=0)
    open_page(browser, path)
    assert "".join(texts(browser, ".round:nth-child(2) mark")) == ANSWER
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
    open_page(browser, path)
    assert texts(browser, ".response mark") == []
    find(browser, "button.more").click()
    assert texts(browser, ".response mark") == [ANSWER]
    assert texts(browser, ".response")[0] == "y" * 50_000 + "It is 18."
