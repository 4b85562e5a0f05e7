"""Taking normalized answers apart."""

import pytest

from ptr_eval.scoring.maths.structure import (
    joined_conditions,
    option_letter,
    split_sets,
    with_commas,
    without_names,
)


@pytest.mark.parametrize(
    ("text", "other", "forms"),
    [
        ("x=3, y=4", "(3,4)", ("(3,4)", "(3,4)")),
        ("y=4, x=3", "(3,4)", ("(3,4)", "(3,4)")),
        ("p=3, q=4", "3,4", ("(3,4)", "(3,4)")),
        ("x_1=3, x_2=4", "4,3", ("3,4", "4,3")),
        ("(p,q)=(3,4)", "q=4, p=3", ("p=3, q=4", "q=4, p=3")),
        (r"\{x=1, y=2\}", "(1,2)", ("(1,2)", "(1,2)")),
        ("x=3, y=4", "[3,4]", ("x=3, y=4", "[3,4]")),
        ("x=3, y=4", "7", ("x=3, y=4", "7")),
    ],
)
def test_without_names(text: str, other: str, forms: tuple[str, str]) -> None:
    assert without_names(text, other) == forms


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("x<0 or x>2", r"x<0 \cup x>2"),
        ("x>0, and x<2", r"x>0 \cap x<2"),
        ("1 or 2", "1 or 2"),
    ],
)
def test_joined_conditions(text: str, joined: str) -> None:
    assert joined_conditions(text) == joined


@pytest.mark.parametrize(
    ("text", "mark", "parts"),
    [
        (r"x \in [1,2]\cup[3,4]", r"\cup", ["[1,2]", "[3,4]"]),
        (r"x>0 \cap x<2", r"\cap", ["x>0", "x<2"]),
        ("x>0, x<2", ",", ["x>0", "x<2"]),
        ("1,2", "", ["1,2"]),
    ],
)
def test_split_sets(text: str, mark: str, parts: list[str]) -> None:
    assert split_sets(text) == (mark, parts)


def test_semicolons_become_commas_unless_they_separate_groups() -> None:
    assert with_commas("(1;2);(3;4)") == "(1,2),(3,4)"
    assert with_commas("x=1,y=2;x=3,y=4") == "x=1,y=2;x=3,y=4"


@pytest.mark.parametrize(
    ("text", "letter"),
    [("(B) 12", "B"), ("(b)", "B"), ("(A) or (B)", None), ("(A) is wrong", None), ("A", None)],
)
def test_option_letter(text: str, letter: str | None) -> None:
    assert option_letter(text) == letter
