"""One notation for mathematics, from characters to units."""

import pytest

from ptr_eval.scoring.maths.characters import to_latex
from ptr_eval.scoring.maths.normalize import comparison_text, normalize
from ptr_eval.scoring.maths.numerals import as_fractions, reduced_ratio
from ptr_eval.scoring.maths.phrases import qualifiers, unit, without_explanation


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("\uff11\uff18", "18"),
        ("\u0661\u0668", "18"),
        ("2\u00bd", r"2\frac{1}{2}"),
        ("x\u207b\u00b9", "x^{-1}"),
        ("a\u2081", "a_{1}"),
        ("\u03bb\u2212\u03a9", r"\lambda -\Omega "),
        ("\U0001d465\u22643", r"x\le 3"),
        ("caf\u00e9", "caf\u00e9"),
    ],
)
def test_to_latex(text: str, latex: str) -> None:
    assert to_latex(text) == latex


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        (r"0.\overline{3}", r"\frac{1}{3}"),
        (r"0.1\overline{6}x", r"\frac{1}{6}x"),
        (r"0.\dot{1}4285\dot{7}", r"\frac{1}{7}"),
        ("-0.333...", r"-\frac{1}{3}"),
        (r"3.14159\ldots", r"3.14159\ldots"),
        ("1.000.000", "1000000"),
        ("1.000", "1.000"),
        ("3.2e5", r"3.2 \cdot 10^{5}"),
    ],
)
def test_as_fractions(text: str, fraction: str) -> None:
    assert as_fractions(text) == fraction


@pytest.mark.parametrize(
    ("text", "ratio"), [("2:4:6", "1:2:3"), ("2 to 3", "2:3"), ("2:4", "2:4"), ("0:0:0", "0:0:0")]
)
def test_reduced_ratio(text: str, ratio: str) -> None:
    assert reduced_ratio(text) == ratio


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\text{The answer is } 18", "18"),
        (r"\text{The answer is 18}", r"\text{18}"),
        (r"\text{The answer is not } 18", r"\text{The answer is not } 18"),
        (r"18 \text{ (since } x=9)", "18"),
        (r"\approx 3.14", "3.14"),
        (r"\text{is }", r"\text{is }"),
    ],
)
def test_without_explanation(text: str, answer: str) -> None:
    assert without_explanation(text) == answer


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("square units", ""),
        ("percent", "%"),
        ("million dollars", r"\cdot 10^{6}"),
        ("or more", None),
        ("July", None),
        ("p.m.", None),
        ("is wrong", None),
    ],
)
def test_unit(words: str, read: str | None) -> None:
    assert unit(words) == read


def test_qualifiers_are_words_that_make_another_answer() -> None:
    assert qualifiers("not 0, or less than 1") == {"not", "less", "than"}
    assert qualifiers(r"\neq 0 or \frac{NO}{BO}") == set()


@pytest.mark.parametrize(
    ("answer", "notation"),
    [
        (r"\textcolor{red}{\dfrac12}", r"\frac{1}{2}"),
        (r"\\frac{1}{2}", r"\frac{1}{2}"),
        (r"\{x \in \mathbb{R} \mid 0 \leq x < 1\}", r"0 \le x < 1"),
        (r"5\ \mathrm{km}/\mathrm{h}", "5"),
        ("12 apples", "12"),
        (r"2{,}5", "2.5"),
        (r"1{,}000", "1000"),
        (r"2\pi n, n \in \mathbb{Z}", r"2\pi n"),
        (r"\sin 40^\circ", r"\sin 40"),
    ],
)
def test_normalize(answer: str, notation: str) -> None:
    assert normalize(answer) == notation


def test_degrees_become_radians_on_demand() -> None:
    assert normalize(r"\sin 40^\circ", radians=True) == r"\sin \frac{40 \pi }{180}"


@pytest.mark.parametrize(
    ("text", "compared"),
    [("Even", "even"), ("No", "no"), ("ab", "ab"), ("AB", "AB"), ("(C)", "C"), ("x + 1", "x+1")],
)
def test_only_variables_keep_their_case(text: str, compared: str) -> None:
    assert comparison_text(text) == compared
