"""What a judge is asked, and how its verdict is read."""

import pytest

from ptr_eval.best_of_n.judging import agreed, judging, read_verdict


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("A is longer.\nVerdict: B", "B"),
        ("Verdict: A? No.\n**Verdict:** **B**", "B"),
        ("verdict = tie", "tie"),
        ('Verdict: "A".', "A"),
        ("I like A.", "tie"),
        ("", "tie"),
        ("Verdict: Absolutely B", "tie"),
    ],
)
def test_the_last_verdict_stated_counts(reply: str, verdict: str) -> None:
    assert read_verdict(reply) == verdict


@pytest.mark.parametrize(
    ("forward", "backward", "winner"),
    [("A", "B", 0), ("B", "A", 1), ("A", "A", None), ("B", "B", None), ("A", "tie", None)],
)
def test_only_the_same_answer_in_both_orders_is_preferred(
    forward: str, backward: str, winner: int | None
) -> None:
    assert agreed(f"Verdict: {forward}", f"Verdict: {backward}") == winner


def test_braces_in_answers_are_left_as_they_are() -> None:
    asked = judging("What is {question}?", r"\boxed{first}", "").opening[-1].content
    assert "Request:\nWhat is {question}?\n" in asked
    assert "Answer A:\n\\boxed{first}\n\nAnswer B:\n(no answer)\n" in asked
