"""Splitting a text into sentences, and a sentence into words of known kinds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.scoring.answers.sentences import Sentence, split_sentences
from ptr_eval.scoring.answers.words import COMMON


def sentences(text: str, initials: bool = True) -> list[Sentence]:
    return list(split_sentences(text, COMMON, initials=initials))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("My previous answer was 20.", ["dPAL#"]),
        ("The answer isn't 18, but 20.", ["dALN#,X#"]),
        ("I don't think so.", ["iNwT"]),
        ("No changes needed; 18.", ["Kw", "#"]),
        ("The answer\n18", ["dA", "#"]),
        ("答案不是18\uff0c而是20。", ["AN#,X#"]),
        ("#### 18", ["!#"]),
        ("It is $18$!", ["pL##"]),
        ("May I?", ["Hi"]),
    ],
)
def test_words_have_their_kinds(text: str, kinds: list[str]) -> None:
    found = [sentence.kinds for sentence in sentences(text.replace("\uff0c", ","))]
    assert [kind.rstrip("#") for kind in found] == [kind.rstrip("#") for kind in kinds]


@pytest.mark.parametrize(
    "text",
    [
        "The answer is St. Louis",
        "The answer is Capt. Smith of the U.S. Navy",
        "The answer is Jan. 5",
        "The answer is T. J. Duckett",
        "The answer is Yahoo! Inc.",
        "The answer is 5! = 120",
        "The answer is 3.5",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert len(sentences(text)) == 1


def test_a_label_with_a_full_stop_ends_a_sentence_where_there_are_no_initials() -> None:
    assert len(sentences("The answer is C. Paris is it.", initials=False)) == 2


@pytest.mark.parametrize(("text", "mark"), [("Is it 18?", "?"), ("It is 18.", "."), ("18\n", "\n")])
def test_a_sentence_has_its_mark(text: str, mark: str) -> None:
    assert [sentence.mark for sentence in sentences(text)] == [mark]


@given(st.text(max_size=300))
def test_tokens_are_in_order_and_in_the_text(text: str) -> None:
    end = 0
    for sentence in sentences(text):
        assert len(sentence.kinds) == len(sentence.starts) == len(sentence.ends) > 0
        for start, stop in zip(sentence.starts, sentence.ends, strict=True):
            assert end <= start < stop <= len(text)
            end = stop


def test_a_sentence_without_end_is_read_in_pieces() -> None:
    assert max(len(sentence.kinds) for sentence in sentences("word " * 1_000)) <= 200
