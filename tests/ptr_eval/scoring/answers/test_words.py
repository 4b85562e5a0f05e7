"""Words as data: another language, another subject, and what the tables hold."""

from dataclasses import replace

import pytest

from ptr_eval.scoring.answers import find_answer
from ptr_eval.scoring.answers.vocabulary import Kind, Vocabulary
from ptr_eval.scoring.answers.words import CHOICES, COMMON, ENGLISH, OTHER_LANGUAGES
from ptr_eval.scoring.numbers.matcher import NumberMatcher

WELSH = {Kind.ANSWER: ["ateb"], Kind.LINK: ["yw"], Kind.NOT: ["nid"], Kind.EARLIER: ["blaenorol"]}


def answer(text: str, vocabulary: Vocabulary) -> str | None:
    """The number that a text states, read with a vocabulary."""

    def matcher(part: str) -> NumberMatcher:
        return replace(NumberMatcher.of(part), vocabulary=vocabulary)

    value = find_answer(text, matcher).value
    return None if value is None else str(value.item.text)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Yr ateb yw 18.", "18"),
        ("Yr ateb nid yw 18.", None),
        ("Yr ateb yw 18. Ateb blaenorol: 20", "18"),
        ("Ateb: 18", "18"),
    ],
)
def test_a_language_is_added_at_run_time(text: str, stated: str | None) -> None:
    assert answer(text, COMMON) is None
    assert answer(text, COMMON.extended(WELSH)) == stated


def test_a_subject_is_added_at_run_time() -> None:
    text = "My bid is 18. My previous bid was 20."
    assert answer(text, COMMON) is None
    assert answer(text, COMMON.extended({Kind.ANSWER: ["bid"]})) == "18"


def test_a_vocabulary_stays_as_it_is_when_it_is_extended() -> None:
    assert "bid" not in COMMON.phrases
    assert COMMON.extended({Kind.ANSWER: ["bid"]}).phrases["bid"] is Kind.ANSWER
    assert "bid" not in COMMON.phrases


def test_the_longest_phrase_of_a_word_comes_first() -> None:
    sizes = [len(rest) for rest, _ in COMMON.by_first_word["no"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) > 5


def test_choices_know_all_common_phrases_and_more_nouns() -> None:
    assert set(COMMON.phrases) < set(CHOICES.phrases)
    assert CHOICES.phrases["option"] is Kind.CHOICE


@pytest.mark.parametrize("table", [ENGLISH, OTHER_LANGUAGES], ids=["english", "others"])
def test_phrases_are_in_lower_case_and_of_one_kind(table: dict[Kind, str]) -> None:
    kinds: dict[str, Kind] = {}
    for kind, text in table.items():
        for phrase in filter(None, (part.strip() for part in text.split(","))):
            assert phrase == phrase.lower()
            assert kinds.setdefault(phrase, kind) is kind, f"{phrase!r} is in two kinds"
