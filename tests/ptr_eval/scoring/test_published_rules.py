"""The published lax rules do what the published evaluator did."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.scoring.published_rules import (
    upstream_code,
    upstream_maths,
    upstream_number,
    upstream_option,
    upstream_span,
)
from ptr_eval.scoring.score import Score
from tests.long_texts import no_runaway

TABLE = yaml.safe_load((Path(__file__).parents[2] / "cases" / "upstream.yaml").read_text())
CITIES = {"A": "Lyon", "B": "London", "C": "Paris", "D": "Berlin"}
RULES: dict[str, Callable[[str], object]] = {
    "option": lambda response: upstream_option(response, options=CITIES, gold="C"),
    "two options": lambda r: upstream_option(r, options={"A": "x", "B": "y"}, gold="A"),
    "number": lambda response: upstream_number(response, gold="7"),
    "span": lambda response: upstream_span(response, golds=["Tom Brady"]),
    "maths": lambda response: upstream_maths(response, gold="7"),
    "code": lambda response: upstream_code(response, entry_point="f"),
}
MEGABYTES = (
    *("a", "A ", "é", "1", "1,", "1,111", "1 ", "-", ".", " ", "\n", "$", "{", "'", "\\", "\0"),
    *("answer is ", "answer ", "The answer is ", "The answer is #", "Answer:", "Answer : \n"),
    *("\\boxed{", "```python\n", "\n```", "def f", "\ud800", "\u0661", "the ", "a the "),
)


def cases(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", TABLE[name], ids=[case["id"] for case in TABLE[name]])


def check(score: Score, case: dict[str, Any]) -> None:
    assert (score.answer, score.verdict) == (case["answer"], case["verdict"])
    assert score.value == float(case["verdict"] == "correct")


@cases("option")
def test_first_capital_letter_counts(case: dict[str, Any]) -> None:
    check(upstream_option(case["response"], options=CITIES, gold=case["gold"]), case)


@cases("two_options")
def test_answer_is_comes_first_for_two_options(case: dict[str, Any]) -> None:
    options = {"A": "Sarah", "B": "Maria"}
    check(upstream_option(case["response"], options=options, gold=case["gold"]), case)


def test_letters_stand_for_digit_labels_by_position() -> None:
    options = {"1": "three", "2": "four", "3": "five"}
    score = upstream_option("The answer is B.", options=options, gold="2")
    assert (score.answer, score.verdict) == ("2", "correct")


@cases("number")
def test_any_number_counts(case: dict[str, Any]) -> None:
    score = upstream_number(case["response"], gold=case["gold"])
    check(score, case)
    assert score.parts == {"first_the_answer_is": case["first"]}


def test_gold_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="seven"):
        upstream_number("7", gold="seven")


@cases("span")
def test_any_shared_word_counts(case: dict[str, Any]) -> None:
    check(upstream_span(case["response"], golds=case["golds"]), case)


@cases("maths")
def test_answer_line_is_compared_as_text(case: dict[str, Any]) -> None:
    check(upstream_maths(case["response"], gold=case["gold"]), case)


@cases("code")
def test_program_is_cut_as_published(case: dict[str, Any]) -> None:
    assert upstream_code(case["response"], entry_point="f") == case["program"]


@given(st.text())
def test_no_text_breaks_a_rule(response: str) -> None:
    for rule in RULES.values():
        result = rule(response)
        assert isinstance(result, str) or (
            isinstance(result, Score) and (result.answer is None) == (result.verdict == "unparsed")
        )


@given(st.text(alphabet=st.characters(exclude_categories=["Lu"])))
def test_text_without_capitals_names_no_option(response: str) -> None:
    assert upstream_option(response, options=CITIES, gold="C").verdict == "unparsed"


@pytest.mark.parametrize("unit", MEGABYTES, ids=repr)
def test_a_megabyte_is_read_in_linear_time(unit: str) -> None:
    response = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    for rule in RULES.values():
        with no_runaway():
            rule(response)
