"""Untrusted text in Markdown and on terminals."""

import re
import unicodedata
from html import unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ptr_data.export.markdown import block, bullets, escaped, table
from ptr_data.export.visible import on_one_line, shortened, visible

ANY = st.text(st.characters(), max_size=30) | st.text(
    st.sampled_from("\\`*_[]()<>&#|~:$@!+-=1. \n\twx\x1b\u202e"), max_size=12
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

HOSTILE = [
    "<script>alert(1)</script>",
    "&lt;b&gt; <!-- x",
    "[click](http://evil.example) ![x](y)",
    "| a | b |",
    "`code` and \\`more",
    "# heading",
    "1. list",
    "12) list",
    "0.95",
    "- list",
    "***bold*** ~~gone~~",
    "http://evil.example www.evil.example a@evil.example",
    "$x$ $$y$$",
    "---",
]


def shown(markdown: str) -> str:
    """The text of a rendered paragraph; fails if it is anything but one paragraph of text."""
    html = MARKDOWN.render(markdown).removesuffix("\n")
    paragraph = re.fullmatch(r"<p>([^<]*)</p>", html)
    assert paragraph or not html, html
    return unescape(paragraph[1]) if paragraph else ""


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    assert shown(escaped(text)) == text
    assert not re.search(r"[<>$@]|(?<!\\)://|www\.", escaped(text))


@given(ANY)
@settings(max_examples=200, deadline=None)
def test_any_text_is_one_paragraph_that_says_it(text: str) -> None:
    assert shown(escaped(text)) == on_one_line(text).strip("\u00a0 ")


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_any_text_fits_into_a_cell_and_a_list(text: str) -> None:
    written = escaped(text)
    assert MARKDOWN.render(table(("a", " b"), [(written, "1")])).count("<td") == 2
    assert re.fullmatch(r"<ul>\n<li>[^<]*</li>\n</ul>\n", MARKDOWN.render(bullets([written])))


@example("```\n<b>\n````")
@given(ANY | st.text(st.sampled_from("`~\n <a"), max_size=30))
@settings(max_examples=100, deadline=None)
def test_a_block_holds_its_text_whatever_fences_are_in_it(text: str) -> None:
    html = MARKDOWN.render(block(text, 1000))
    found = re.fullmatch(r'<pre><code class="language-text">([^<]*)</code></pre>\n', html)
    assert found
    assert unescape(found[1]) == visible(text) + "\n"


@given(ANY)
@settings(max_examples=200, deadline=None)
def test_what_is_visible_holds_nothing_to_obey(text: str) -> None:
    result = visible(text)
    assert all(
        c in "\n\t\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for c in result
    )
    assert visible(result) == result
    result.encode("utf-8")


def test_controls_are_named() -> None:
    assert visible("\x1b[31mred\x07\x7f\r\n") == "␛[31mred␇␡␍\n"
    assert visible("a\u202eb\x9bc\ufeff\U000e0041") == "a[U+202E]b[U+009B]c[U+FEFF][U+E0041]"
    assert visible("👩\u200d🔬 बच\u200dचा 日本語") == "👩\u200d🔬 बच\u200dचा 日本語"


def test_long_texts_end_in_a_count() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("a" * 1003, 3) == "aaa… (1,000 more characters)"
