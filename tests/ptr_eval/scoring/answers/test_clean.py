"""Plain characters, and the way back to the original text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.scoring.answers import clean, place_in


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**Answer:** 18", "Answer: 18"),
        ("__18__ and ___42___", "18 and 42"),
        ("`18`", "18"),
        ("## Final answer", "Final answer"),
        ("#### 18", "#### 18"),
        ("2**3 = 8", "2**3 = 8"),
        ("१८ and \uff11\uff18 and ١٨", "18 and 18 and 18"),
        ("\u201cDenver\u201d", '"Denver"'),
        ("\u221218", "-18"),
        ("2007\u201308", "2007\u201308"),
        ("a\u200bb", "ab"),
        ("Cevap C'dir.", "Cevap C."),
        ("18</s>", "18\n"),
    ],
)
def test_markup_and_characters(text: str, plain: str) -> None:
    assert clean(text) == plain


def test_formulas_keep_their_underscores() -> None:
    assert clean("$x_1$ and _y_", formulas=True) == "$x_1$ and _y_"


@pytest.mark.parametrize(
    ("text", "part"),
    [("**Answer:** **18**", "18"), ("18 is not **18**", "18"), ("`Denver`", "Denver")],
)
def test_a_part_of_the_plain_text_is_found_in_the_original(text: str, part: str) -> None:
    plain = clean(text)
    start = plain.rindex(part)
    begin, end = place_in(text, plain, start, start + len(part))
    assert (text[begin:end], begin) == (part, text.rindex(part))


@given(st.text(min_size=1, max_size=100), st.data())
def test_a_place_is_in_the_text(text: str, data: st.DataObject) -> None:
    plain = clean(text)
    start = data.draw(st.integers(0, max(0, len(plain) - 1)))
    begin, end = place_in(text, plain, start, data.draw(st.integers(start, len(plain))))
    assert 0 <= begin < end <= len(text)
