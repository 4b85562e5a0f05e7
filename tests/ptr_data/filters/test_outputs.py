"""Faults of texts: each is found, with its reason, and good texts are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_data.filters.outputs import (
    WINDOW,
    OutputSettings,
    check_answer,
    check_generation,
    repeated_share,
)  # fmt: skip
from ptr_data.records import GeneratedText
from tests.ptr_data.models.scripted import text

STRICT = OutputSettings(drop_refusals=True)
PLAIN = OutputSettings()
LETTER = (
    "Dear neighbour, the pipes in the cellar will be replaced on Tuesday. Water is off from "
    "nine to noon. Please fill a bucket the evening before, and leave the cellar open."
)
TABLE = "| city | people |\n|---|---|\n" + "\n".join(f"| Town {n} | {n * 1371} |" for n in range(9))
CODE = "\n".join(f"    if value == {n}:\n        return names[{n}]" for n in range(8))
CHINESE = "苹果切开以后会变褐色。果肉里的酶遇到空气中的氧就会这样。涂一点柠檬汁可以减慢这个过程。"


@pytest.mark.parametrize("good", [LETTER, TABLE, CODE, CHINESE, "4", "Paris", "x" * 30])
def test_a_good_text_has_no_fault(good: str) -> None:
    assert check_generation(text(good), PLAIN) is None


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (text("", failed="HTTPError: 400"), ("failed", "HTTPError: 400")),
        (text("half a", full=True), ("token limit", "2 tokens")),
        (text("", full=True), ("token limit", "0 tokens")),
        (text(""), ("empty", "")),
        (text(" \n\t\u2003"), ("empty", "")),
        (text(LETTER + " I will. I will." * 20), ("repeats itself", "0.61 of the text")),
    ],
)
def test_a_bad_text_has_its_reason(bad: GeneratedText, fault: tuple[str, str]) -> None:
    assert check_generation(bad, PLAIN) == fault


@pytest.mark.parametrize(
    "unit", ["a", "no ", "哈", "the cat sat. ", "\n- item", LETTER, "ab\u0301 "]
)
def test_a_loop_is_found_whatever_it_repeats(unit: str) -> None:
    loop = unit * max(3, 4 * WINDOW // len(unit))
    assert check_generation(text(loop), PLAIN) is not None


@given(st.text(min_size=WINDOW + 1, max_size=80), st.integers(2, 6))
def test_a_text_said_n_times_is_repeated_but_for_the_first(once: str, times: int) -> None:
    plain = " ".join(once.split())
    share = repeated_share(" ".join([plain] * times))
    if len(plain) >= WINDOW:
        expected = 1 - (len(plain) + 1) / (times * (len(plain) + 1) - WINDOW)
        assert share >= expected - 1e-9
    assert 0 <= share < 1


def test_the_share_of_a_known_text() -> None:
    # Windows begin at 80 - 40 + 1 = 41 places; only the last repeats the first.
    sheet = "".join(map(chr, range(0x4E00, 0x4E00 + WINDOW)))
    assert repeated_share(sheet * 2) == pytest.approx(1 / 41)


def test_the_line_for_repetition_can_be_moved() -> None:
    loop = text(LETTER + " " + LETTER[:120])
    assert 0.2 < repeated_share(loop.text) < 0.4
    assert check_generation(loop, PLAIN) is None
    assert check_generation(loop, OutputSettings(repeated=0.2)) is not None


@pytest.mark.parametrize(
    "refusal",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m very sorry, I am unable to open files.",
        "As an AI language model, I do not have access to the internet.",
        "I cannot do that.",
        "Unfortunately, I'm not able to draw.",
    ],
)
def test_a_refusal_is_found_if_asked_for(refusal: str) -> None:
    assert check_generation(text(refusal), PLAIN) is None
    found = check_generation(text(refusal), STRICT)
    assert found is not None
    assert found[0] == "refusal"


@pytest.mark.parametrize(
    "helpful",
    [
        LETTER,
        "Sorry, the shop is closed on Mondays.",
        'She said: "I cannot come."',
        "As an AI-free start, write your name. Then sign.",
    ],
)
def test_a_helpful_text_is_no_refusal(helpful: str) -> None:
    assert check_generation(text(helpful), STRICT) is None


def test_an_answer_that_equals_a_thought_is_a_copy_unless_that_is_wanted() -> None:
    thoughts = (text("Two."), text("It  is\nthree."))
    assert check_answer(text("It is three."), thoughts, PLAIN) == (
        "answer copies a thought",
        "thought 2, by m",
    )
    assert check_answer(text("It is three!"), thoughts, PLAIN) is None
    assert check_answer(text("It is three."), thoughts, OutputSettings(drop_copies=False)) is None
    assert check_answer(text(""), (text("x"),), PLAIN) == ("empty", "")
