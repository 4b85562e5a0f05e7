"""One wording for answers in words."""

import pytest

from ptr_eval.scoring.maths.words import clock_time, counted, in_one_wording, number_in_words


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("An ellipse", "ellipse"),
        ("Yes, because f is even", "yes"),
        ("Yes, but not if n = 1", "yes , but not if n = 1"),
        ("No, they aren't", "no"),
        ("There are no real solutions", r"\emptyset"),
        ("one solution", "one"),
        ("all real numbers", r"\mathbb{R}"),
        ("infinitely many solutions", r"\infty"),
        ("the 4th of July", "july 4"),
        ("4 July 1776", "july 4 1776"),
        ("neither even nor odd", "neither"),
        ("blue and red", "blue and red"),
        ("red and blue", "blue and red"),
        ("twenty-one", "21"),
    ],
)
def test_in_one_wording(text: str, wording: str) -> None:
    assert in_one_wording(text) == wording


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("zero", "0"),
        ("one hundred and five", "105"),
        ("two hundred five thousand one", "205001"),
        ("negative two thirds", r"-\frac{2}{3}"),
        ("one half", r"\frac{1}{2}"),
        ("one two", None),
        ("twenty twelve", None),
        ("hundred", None),
        ("", None),
    ],
)
def test_number_in_words(words: str, number: str | None) -> None:
    assert number_in_words(words.split()) == number


@pytest.mark.parametrize(
    ("text", "number"), [("seven days", "7"), ("three or four", "three or four"), ("day", "day")]
)
def test_counted(text: str, number: str) -> None:
    assert counted(text) == number


@pytest.mark.parametrize(
    ("text", "other", "time"),
    [
        ("15:45", "", (225, "p")),
        ("3:45 p.m.", "", (225, "p")),
        ("12:30 AM", "", (30, "a")),
        ("9", "9 a.m.", (540, "")),
        ("9", "9", None),
        ("25:00", "", None),
        ("1:2", "", None),
    ],
)
def test_clock_time(text: str, other: str, time: tuple[int, str] | None) -> None:
    assert clock_time(text, other) == time
