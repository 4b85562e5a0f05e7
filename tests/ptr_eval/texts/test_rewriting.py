"""What a round rewrites and copies, against the textbook's edit distance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.texts.rewriting import Rewriting, edit_distance, rewriting
from ptr_eval.texts.words import words_of

WORDS = st.lists(st.sampled_from("abc"), max_size=40)


def by_the_table(one: list[str], other: list[str]) -> int:
    """The textbook's algorithm (Wagner and Fischer), row by row."""
    above = list(range(len(other) + 1))
    for i, word in enumerate(one, start=1):
        row = [i]
        for j, their in enumerate(other, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != their)))
        above = row
    return above[-1]


@given(WORDS, WORDS)
def test_the_distance_is_that_of_the_table(one: list[str], other: list[str]) -> None:
    assert edit_distance(one, other) == by_the_table(one, other)


def compared(answer: str, *sources: str) -> Rewriting:
    return rewriting(words_of(answer), [words_of(source) for source in sources])


def test_an_unchanged_answer_is_copied_whole() -> None:
    assert compared("The answer is 4 .", "The answer is 4.") == Rewriting(0, 1, 1, True, False)


def test_a_changed_word_is_counted_and_breaks_a_run() -> None:
    found = compared("one two three four 5 six seven", "one two three four five six seven")
    assert found.edited == pytest.approx(1 / 7)
    assert found.copied == pytest.approx(4 / 7)  # "six seven" is too short to be a run.
    assert not found.unchanged


def test_an_answer_joined_of_two_candidates_copies_all_and_half_from_one() -> None:
    found = compared("a b c d e f g h i", "e f g h i x", "a b c d y", "z")
    assert found.copied == 1
    assert found.copied_from_one == pytest.approx(5 / 9)
    assert found.edited == pytest.approx(5 / 9)  # To the candidate that most is copied from.


def test_a_chosen_candidate_is_copied_from_one() -> None:
    found = compared("a b c d e", "v w x y z", "a b c d e")
    assert found == Rewriting(0, 1, 1, True, False)


def test_a_short_answer_is_copied_if_a_source_has_all_of_it() -> None:
    assert compared("so 42", "It is so 42 .").copied == 1
    assert compared("so 42", "42 so").copied == 0


def test_a_text_that_is_cut_marks_the_comparison() -> None:
    assert compared("a b c d", "a " * 2_000).cut


def test_nothing_is_compared_with_nothing() -> None:
    for answer, sources in [("", ["a"]), ("a", [])]:
        with pytest.raises(ValueError, match="an answer with words and a source are needed"):
            compared(answer, *sources)
