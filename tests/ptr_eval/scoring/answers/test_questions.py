"""Where a response goes on to another question."""

import pytest

from ptr_eval.scoring.answers.questions import restates_question, split_questions


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("The answer is 18.", 1),
        ("The answer is 18.\n\nQuestion: Tom has 3?\nAnswer: 3", 2),
        ("The answer is 18\n\nProblem 2: Tom has 3? The answer is 3", 2),
        ("The answer is 18.\nUser: thanks\nAssistant: The answer is 5.", 2),
        ("#### 18\n\nTom has 3 eggs. How many are left?\n#### 3", 2),
        ("First, how many eggs are there?\n\nThere are 16. What is left?\n\n9.", 1),
        ("The answer is 18.\n\nBut is it right? Let me check: what else?\n\nIt is.", 1),
    ],
)
def test_a_part_begins_with_another_question(text: str, parts: int) -> None:
    found = list(split_questions(text, 40))
    assert len(found) == parts
    assert "".join(part for _, part, _ in found) == text
    assert [is_last for _, _, is_last in found] == [False] * (parts - 1) + [True]


@pytest.mark.parametrize(
    ("text", "restates"),
    [
        ("Let me read the question again:", True),
        ("I review my previous answer.", True),
        ("She has 9 eggs and sells them for 18 dollars.", False),
        ("My previous answer " + "word " * 100, False),
    ],
)
def test_a_short_lead_restates_the_question(text: str, restates: bool) -> None:
    assert restates_question(text) == restates
