"""A leaked answer is told from one that a task has to copy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_data.filters.answer_in_question import leaked_answer

LONG = " ".join(f"word{n}" for n in range(100))


def leaked(question: str, answer: str) -> bool:
    return leaked_answer(question, answer, words=100, marked_words=8) != ""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 6 * 7?\nAnswer: 42", "42"),
        ("What is 6 * 7?\n### Response:\n\n**42.**", "42"),
        ("What is 6 * 7? The answer is 42.", "42"),
        ("Who wrote it?\nSolution = Jane AUSTEN!", "Jane Austen"),
        ("法国的首都是哪里\uff1fAnswer\uff1a巴黎", "巴黎。"),
        (
            "Why? Answer: because the sky is not as blue as it seems. Explain in detail.",
            "Because the sky is not as blue as it seems.",
        ),
        (f"Summarise this text: {LONG}. Thanks.", LONG),
    ],
)
def test_marked_and_long_answers_are_leaked(question: str, answer: str) -> None:
    assert leaked(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 6 * 7?", ""),
        ("What is 6 * 7?", "..."),
        ("What is 6 * 7? Answer: ", "42"),
        ("What is 6 * 7?\nAnswer: 420", "42"),
        ("Add the missing punctuation.\n\nFinally Sara went home", "Finally, Sara went home."),
        ("Which is odd? A) 12 B) 13", "B) 13"),
        ("Text: good. Answer: positive\nText: bad. Answer:", "positive"),
        ("Text: good. Answer: positive\nText: great. Answer:", "positive"),
        ("Give a short answer to this: is it true?", "true"),
        (f"Extract the names: {LONG}", LONG.removesuffix(" word99")),
    ],
)
def test_answers_copied_by_task_or_chance_are_not(question: str, answer: str) -> None:
    assert not leaked(question, answer)


def test_a_later_place_counts_where_the_first_does_not() -> None:
    assert leaked("Is it 41 or 42? Answer: 42", "42")


@settings(max_examples=50)
@given(st.text(max_size=60), st.text(max_size=40))
def test_every_answer_with_a_word_is_found_after_its_mark(question: str, answer: str) -> None:
    has_words = any(character.isalnum() for character in answer.casefold())
    assert leaked(f"{question}\nAnswer: {answer}", answer) or not has_words
