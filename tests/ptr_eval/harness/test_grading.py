"""What scorers are told of a question and its reply."""

import pytest

from ptr_eval.harness.grading import grade
from ptr_eval.harness.scorers import SCORERS
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.protocols import Reply, Sequential
from ptr_eval.protocols.base import FinishReason
from ptr_eval.runs import Answer


def read(
    text: str, finish_reason: FinishReason | None, scorer: str = "number_strict"
) -> str | None:
    """Return the answer that is found in a reply."""
    asked = "What is the capital of the country that lies between Spain and Germany?"
    gold = "2" if scorer == "options" else "500"
    fields = {"question": asked, "gold": gold, "labels": ["1", "2"], "choices": ["Paris", "Rome"]}
    answer = Answer(0, 0, 1, 0, Reply(text, prompt="How many?", finish_reason=finish_reason))
    (graded,) = grade(
        [answer],
        [fields],
        {"strict": SCORERS[scorer]},
        TaskSettings(),
        Sequential(1, "r"),
        vote=False,
    )
    return graded.grades["strict"].score.answer


@pytest.mark.parametrize(
    ("text", "finish_reason", "answer"),
    [
        ("So, the answer is 500", "length", None),
        ("So, the answer is 500", "stop", "500"),
        ("So, the answer is 500", None, "500"),
        ("So, the answer is 500.", "length", "500"),
        ("So, the answer is 500\n", "length", "500"),
        ("The answer is 40. Let me check. The answer is 4", "length", "40"),
    ],
)
def test_a_number_that_the_token_limit_may_have_cut_is_no_answer(
    text: str, finish_reason: FinishReason | None, answer: str | None
) -> None:
    assert read(text, finish_reason) == answer


def test_formulas_are_cut_off_as_numbers_are() -> None:
    assert read("The answer is 50", "length", "maths") is None
    assert read("The answer is 50", "stop", "maths") == "50"


def test_a_label_is_never_cut_off() -> None:
    assert read("The answer is 2", "length", "options") == "2"


def test_the_scorer_of_options_knows_the_question() -> None:
    text = "The capital of the country that lies between Spain and Germany is Paris. Paris is big."
    assert read(text, "stop", "options") == "1"
