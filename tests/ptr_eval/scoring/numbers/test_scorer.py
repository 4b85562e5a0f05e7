"""Reading the number a GSM8K response gives."""

import gzip
import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.scoring.numbers import Mode, score_number
from tests.long_texts import no_runaway

TABLE = yaml.safe_load((Path(__file__).parents[3] / "cases" / "numbers.yaml").read_text())
MODES: list[Mode] = ["strict", "flexible"]
MEGABYTE = 1_000_000


def _params(group: str) -> list[Any]:
    return [
        pytest.param(case["response"], case["answer"], id=f"{case['response'][:60]!a}")
        for case in TABLE[group]
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("response", "answer"), _params("both"))
def test_stated_number_is_read(response: str, answer: str | None, mode: Mode) -> None:
    assert score_number(response, gold="18", mode=mode).answer == answer


@pytest.mark.parametrize(("response", "answer"), _params("flexible"))
def test_unstated_number_is_read_by_flexible_only(response: str, answer: str) -> None:
    assert score_number(response, gold="18", mode="strict").verdict == "unparsed"
    flexible = score_number(response, gold="18", mode="flexible")
    assert (flexible.answer, flexible.how) == (answer, "last number")


@pytest.mark.parametrize(
    ("response", "gold"),
    [
        ("#### 2.5", "5/2"),
        ("#### 2.50", "2.5"),
        ("#### 1,200", "1200"),
        ("#### 1200", "$1,200"),
        ("#### 18", "She sells 9 * 2 = <<9*2=18>>18.\n#### 18"),
    ],
)
def test_equal_values_are_correct_however_written(response: str, gold: str) -> None:
    score = score_number(response, gold=gold, mode="strict")
    assert (score.value, score.verdict) == (1.0, "correct")


@pytest.mark.parametrize("response", ["#### 17.999999", "#### 180", "#### 1e9999", "#### 18/0"])
def test_other_values_are_wrong(response: str) -> None:
    score = score_number(response, gold="18", mode="strict")
    assert (score.value, score.verdict) == (0.0, "wrong")


def test_gold_without_number_is_refused() -> None:
    with pytest.raises(ValueError, match="'eighteen' has no readable number"):
        score_number("18", gold="eighteen", mode="strict")


def test_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="not 'lenient'"):
        score_number("18", gold="18", mode=cast(Mode, "lenient"))


@given(st.text(max_size=400), st.sampled_from(MODES))
def test_any_text_gets_a_verdict(response: str, mode: Mode) -> None:
    score = score_number(response, gold="18", mode=mode)
    assert (score.answer is None) == (score.verdict == "unparsed")


@given(st.text(alphabet="0123456789.,-+*/=()$\\{}#: eaAnswriboxd\n", max_size=80))
def test_strict_answer_is_the_flexible_one_too(response: str) -> None:
    strict = score_number(response, gold="18", mode="strict")
    flexible = score_number(response, gold="18", mode="flexible")
    assert strict.verdict == "unparsed" or strict == flexible


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_answer_written_plainly_reads_as_itself(number: Any) -> None:
    first = score_number(f"#### {number:f}", gold="18", mode="strict")
    assert first.answer is not None
    assert Fraction(first.answer) == Fraction(number)
    again = score_number(f"#### {first.answer}", gold=first.answer, mode="strict")
    assert (again.answer, again.verdict) == (first.answer, "correct")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "unit",
    [
        *["9", "1,", "1.", "1/", "1 ", "1e1", "1 1/1 ", "-", "minus ", "#", "#### ", "#### 1\n"],
        *[
            "\\boxed{",
            "\\boxed{1} ",
            "{",
            "\\frac{",
            "\\",
            "$",
            "*",
            "<<",
            "<<1",
            "A:\n",
            "answer (",
        ],
        *[
            "The answer is ",
            "Answer: ",
            "answer=",
            "Question: 1\n",
            " ",
            "\n",
            "\0",
            "\ud800",
            "\u0663",
        ],
        *["<answer>", '"answer": ', '"answer": "\\', "__", "__1"],
        *['"', "(", "[", "1st ", "1,000", "1 million ", "x"],
    ],
)
def test_megabyte_is_scored_in_linear_time(unit: str, mode: Mode) -> None:
    response = (unit * (MEGABYTE // len(unit) + 1))[:MEGABYTE]
    with no_runaway():
        score_number(response, gold="18", mode=mode)


@pytest.mark.skipif("PTR_GRADERS" not in os.environ, reason="needs PTR_GRADERS")
@pytest.mark.parametrize("mode", MODES)
def test_recorded_verdicts_are_reproduced(mode: Mode) -> None:
    path = Path(os.environ["PTR_GRADERS"], "gsm8k_6b_solutions.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    verdicts = [
        score_number(row["response"], gold=row["gold"], mode=mode).verdict == "correct"
        for row in rows
    ]
    assert len(rows) == 2_638
    assert verdicts == [row["is_correct"] for row in rows]
