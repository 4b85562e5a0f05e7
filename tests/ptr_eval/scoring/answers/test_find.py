"""What a sentence says about an answer, and how it is meant."""

import pytest

from ptr_eval.scoring.answers.decide import read_answer
from ptr_eval.scoring.answers.find import find_statements
from ptr_eval.scoring.answers.sentences import split_sentences
from ptr_eval.scoring.numbers.matcher import NumberMatcher


def statements(text: str) -> list[tuple[str, str | None]]:
    """The moods and numbers that the statements of a text have."""
    matcher = NumberMatcher.of(text)
    return [
        (
            statement.mood.value,
            None if statement.value is None else str(statement.value.item.text),
        )
        for sentence in split_sentences(text, matcher.vocabulary, initials=True)
        for statement in find_statements(sentence, matcher)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The answer is 18.", [("asserted", "18")]),
        ("My previous answer was 20.", [("reported", "20")]),
        ("My previous answer of 18 is right.", [("asserted", "18")]),
        ("The answer is not 20 but 18.", [("denied", "20"), ("asserted", "18")]),
        ("I don't think the answer is 18.", [("denied", "18")]),
        ("Perhaps the answer is 18.", [("open", "18")]),
        ("If the answer is 18, we are done.", [("open", "18")]),
        ("The answer is 18 or 20.", [("open", "18")]),
        ("The answer is correct because 9 * 2 = 18.", []),
        ("Confidence in the answer: 95%", []),
        ("Candidate 2's answer is 20.", [("reported", "20")]),
        ("Revised: 18", [("asserted", "18")]),
        ("Old: 20, new: 18", [("reported", "20"), ("asserted", "18")]),
        ("I change my answer from 20 to 18.", [("asserted", "18")]),
        ("Instead of 20, 18.", [("denied", "20"), ("asserted", "18")]),
        ("18 is not the answer.", [("denied", "18")]),
    ],
)
def test_statements_and_their_moods(text: str, found: list[tuple[str, str | None]]) -> None:
    assert statements(text) == found


@pytest.mark.parametrize(
    ("text", "number", "kept"),
    [
        ("The answer is 18. My earlier answer was 20.", "18", False),
        ("The answer is 20. Wait, that is wrong. The answer is 18.", "18", False),
        ("The answer is 20. Wait, that is wrong.", None, False),
        ("My previous answer was 18. I stand by it.", "18", False),
        ("No changes needed.", None, True),
        ("The answer is 18. No changes needed.", "18", False),
        ("Is the answer 18? Yes.", "18", False),
        ("Is the answer 18? No.", None, False),
    ],
)
def test_the_last_assertion_that_is_not_taken_back_wins(
    text: str, number: str | None, kept: bool
) -> None:
    reading = read_answer(NumberMatcher.of(text))
    value = reading.final.value if reading.final else None
    assert (value and str(value.item.text), reading.kept) == (number, kept)
