"""Comparing two mathematical answers."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.scoring.maths.compare import compare, equivalent, equivalent_pairs
from ptr_eval.scoring.maths.worker import compare as calculate
from tests.long_texts import no_runaway

TABLE = yaml.safe_load((Path(__file__).parents[3] / "cases" / "maths_comparison.yaml").read_text())
FORMULAS = [
    *[
        "18",
        "-7",
        "0.5",
        r"\frac{3}{4}",
        r"2\sqrt{3}",
        "x^2+1",
        "(1,2)",
        "[0,1)",
        r"\{1,2\}",
        "1,2",
    ],
    *["x<3", r"y=2x+1", "k", r"10\%", r"\pi r^2", r"\frac{1}{2^{99}}", r"0.\overline{3}", "1:2:3"],
    *[
        r"(-\infty,0)\cup(2,\infty)",
        r"\begin{pmatrix}1\\2\end{pmatrix}",
        r"\sin x",
        "2+3i",
        "10^{20}",
    ],
]
WORDS = [r"\text{even}", r"\text{no solution}", r"\text{July 4}", r"\text{twelve}", r"\text{yes}"]
answers = st.sampled_from(FORMULAS + WORDS)
numbers = st.fractions(max_denominator=500).map(
    lambda f: rf"\frac{{{f.numerator}}}{{{f.denominator}}}" if f.denominator > 1 else str(f)
)


def _pairs(name: str) -> list[Any]:
    return [pytest.param(a, b, id=ascii(f"{a} {b}")[:90]) for a, b in TABLE[name]]


@pytest.fixture(autouse=True, scope="module")
def warm_worker() -> None:
    assert equivalent("x+1", "1+x")


@pytest.mark.parametrize(("a", "b"), _pairs("equal"))
def test_equal_answers_are_equal_in_both_directions(a: str, b: str) -> None:
    assert (compare(a, b, False).equal, compare(b, a, False).equal) == (True, True)


@pytest.mark.parametrize(("a", "b"), _pairs("different"))
def test_different_answers_are_different_in_both_directions(a: str, b: str) -> None:
    assert (compare(a, b, False).equal, compare(b, a, False).equal) == (False, False)


@pytest.mark.parametrize(("gold", "answer"), _pairs("equal_one_way"))
def test_pairs_that_are_equal_in_one_direction_are_equivalent(gold: str, answer: str) -> None:
    assert (compare(gold, answer, False).equal, compare(answer, gold, False).equal) == (True, False)
    assert equivalent(gold, answer)


def test_table_has_cases_in_both_directions() -> None:
    assert len(TABLE["equal"]) >= 60
    assert len(TABLE["different"]) >= 60


@pytest.mark.parametrize("answer", FORMULAS + WORDS)
def test_equivalence_is_reflexive(answer: str) -> None:
    assert equivalent(answer, answer)
    assert compare(answer, f" {answer} ", False).equal


@settings(deadline=None)
@given(answers | numbers, answers | numbers)
def test_equivalence_is_symmetric(a: str, b: str) -> None:
    assert equivalent(a, b) == equivalent(b, a)
    assert equivalent_pairs([(a, b), (b, a)]) == [equivalent(a, b)] * 2


@settings(deadline=None)
@given(
    st.sampled_from(FORMULAS) | numbers,
    st.sampled_from(FORMULAS) | numbers,
    st.sampled_from(
        [
            *["{}", " {} ", r"\displaystyle {}", r"\,{}\,", r"\textcolor{{red}}{{{}}}", "{}."],
            *["${}$", r"\({}\)", r"\color{{blue}}{}", "{{{}}}", r"\boldsymbol{{{}}}"],
            *[r"\text{{It is }} {}", r"{}\text{{, since }} x=9", r"\text{{Answer: }}{}"],
            *[r"{} \quad \text{{(because }} t>1)"],
        ]
    ),
)
def test_wrapping_never_changes_equality(gold: str, answer: str, wrapping: str) -> None:
    wrapped = wrapping.format(answer)
    assert compare(gold, wrapped, False).equal == compare(gold, answer, False).equal


@settings(deadline=None)
@given(
    numbers,
    numbers,
    st.sampled_from(
        [r"\text{ cm}", r"\text{ square units}", r"\ \mathrm{km}", r"^\circ", r"\text{ m}^2"]
    ),
)
def test_units_never_change_equality(gold: str, answer: str, unit: str) -> None:
    assert compare(gold, answer + unit, False).equal == compare(gold, answer, False).equal
    assert compare(gold + unit, answer, False).equal == compare(gold, answer, False).equal


@settings(deadline=None)
@given(
    st.tuples(numbers, numbers), st.tuples(numbers, numbers), st.sampled_from(["()", "[]", "[)"])
)
def test_left_and_right_never_change_equality(
    ends: tuple[str, str], others: tuple[str, str], brackets: str
) -> None:
    gold, answer = (f"{brackets[0]}{a},{b}{brackets[1]}" for a, b in (ends, others))
    stretched = rf"\left{answer[:-1]}\right{answer[-1]}"
    assert compare(gold, stretched, False).equal == compare(gold, answer, False).equal


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 10**4), st.integers(60, 2_000), st.integers(1, 5))
def test_tiny_and_huge_numbers_differ_from_their_neighbours(
    base: int, power: int, step: int
) -> None:
    for number in (f"{base}^{{{power}}}", f"{base}^{{-{power}}}"):
        assert compare(number, f"{number}+0", False).equal
        assert not compare(number, number.replace(str(power), str(power + step)), False).equal
    assert not compare(f"{base}^{{{power}}}", f"{base}^{{{power}}}+{step}", False).equal


@pytest.mark.parametrize(
    "answer",
    [
        *["9^{9^{9}}", "9^{9^{9^{9}}}", "99999999!", "((100!)!)!", r"\binom{10^9}{10^8}", "x!!!!"],
        *[
            "1:" * 900 + "1",
            "x<1," * 400 + "x<2",
            "x<1 or " * 250 + "x<2",
            r"[0,1)\cap" * 200 + "[0,1)",
        ],
        *["one " * 490, "million " * 240, "yes, " * 390, "because " * 240, "12 " + "a" * 1_900],
        *["a=1," * 400 + "b=2", "0." + "12" * 900 + r"\ldots", r"0.\overline{" * 150, "1e" * 900],
        *[r"\text{is }" * 220, r"\textcolor{a}{" * 130 + "1" + "}" * 130, "\u00bd" * 1_900],
        *["(" * 600 + "1" + ")" * 600, r"\sqrt{" * 250 + "2" + "}" * 250, r"\tan(10^{10^{10}})"],
    ],
)
def test_hostile_answer_is_compared_in_time(answer: str) -> None:
    with no_runaway():
        assert [compare(gold, answer, False).equal for gold in ("x+2", "5", "(0,1)")] == [False] * 3


@pytest.mark.parametrize(
    ("gold", "answer", "equal"),
    [
        ("0.333333", r"\frac{1}{3}", True),
        ("0.33333", r"\frac{1}{3}", False),
        ("3.141593", r"\pi", True),
        ("0.000001", r"\frac{1}{1000001}", False),
        (r"\sqrt{10001}-100", "0.005", False),
        ("f(x)+1", "1+f(x)", True),
        (r"\{(1,2),(3,4)\}", r"\{(3,4),(1,2)\}", True),
        (r"\begin{pmatrix}1&0\end{pmatrix}", "(1,0)", False),
        ("x+y<3", "y<3-x", True),
        (r"\frac{x}{y}>3", "x>3y", False),
        ("|x-100|", "100-x", False),
        (r"\sqrt{x^2}\cdot z", "xz", False),
        ("1/0", "2/0", False),
        (r"\frac{1}{", "1", False),
    ],
)
def test_calculation(gold: str, answer: str, equal: bool) -> None:
    assert calculate(gold, answer, False) == {"equal": equal, "found": True}
