"""The options of one question, prepared so that they are recognized in a response."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ptr_eval.scoring.multiple_choice.completion import QuestionSentence, question_sentence
from ptr_eval.scoring.multiple_choice.normalize import lower_in_place, normalize

_LONGEST_CLAIMS = 400
_CLAIM_END = re.compile(r"[,;.\n]|\band\b")
_WORDS = re.compile(r"\w+")
_EMPTY_WORDS = frozenset(("is", "a", "an", "the", "are"))
_HEADING = re.compile(r"\n[^\n]{0,40}answer[^\n]{0,10}\n", re.IGNORECASE)
_EDGE = r"(?![A-Za-z0-9_\u00c0-\u024f])"
_ARTICLE = re.compile(r"(?:an?|the) ", re.IGNORECASE)
_LISTED_LINE = re.compile(
    r"^[-•(\[ ]{0,3}(?:Option )?([A-Za-z0-9]{1,2})[)\].:](?=\s)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """The options of one question, in the form in which they are compared."""

    labels: tuple[str, ...]
    """The labels, in order."""
    keys: Mapping[str, str]
    """The texts by label: normalized, in lower case, without article and punctuation around them.
    Empty where two options have the same text."""
    cased: frozenset[str]
    """The labels whose text differs from another one only by case; these texts keep their case."""
    conjuncts: Mapping[str, frozenset[frozenset[str]]]
    """What each text claims, by label, where it consists of several claims."""
    label: re.Pattern[str]
    """Matches one label in upper or lower case."""
    sentence: QuestionSentence | None = None
    """The question's last sentence, if an option can be put into it."""


@lru_cache(maxsize=64)
def _label_pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(labels, key=len, reverse=True)
    pattern = "(?:" + "|".join(map(re.escape, longest_first)) + ")" + _EDGE
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def prepare_options(options: Mapping[str, str], question: str = "") -> AnswerOptions:
    """Bring the options into the form in which they are compared."""
    return _prepared(tuple(options.items()), question)


@lru_cache(maxsize=256)
def _prepared(items: tuple[tuple[str, str], ...], question: str) -> AnswerOptions:
    """Prepare the options once for all rounds of a question."""
    options = dict(items)
    labels = tuple(options)
    written = {label: comparison_text(text) for label, text in options.items()}
    lowered = {label: lower_in_place(key) for label, key in written.items()}
    times, twins = Counter(lowered.values()), Counter(written.values())
    cased = frozenset(label for label in labels if times[lowered[label]] > 1)  # Tt and tt
    keys = {label: written[label] if label in cased else lowered[label] for label in labels}
    keys = {label: key if twins[written[label]] == 1 else "" for label, key in keys.items()}
    claims = {label: parts for label, text in options.items() if (parts := conjuncts(text))}
    sentence = question_sentence(question)
    return AnswerOptions(labels, keys, cased, claims, _label_pattern(labels), sentence)


def conjuncts(text: str) -> frozenset[frozenset[str]]:
    """Read "X is a knave, and Y is a knight" as claims without order; empty if it is one claim."""
    if len(text) > _LONGEST_CLAIMS:
        return frozenset()
    parts = (_WORDS.findall(part.lower()) for part in _CLAIM_END.split(normalize(text)))
    claims = frozenset(frozenset(words) - _EMPTY_WORDS for words in parts if words)
    return claims if len(claims) > 1 and all(len(claim) > 1 for claim in claims) else frozenset()


def comparison_text(text: str) -> str:
    """Return the form in which an option's text is compared."""
    key = (
        normalize(text)
        .replace("\n", " ")
        .removeprefix("...")
        .lstrip(" \"'([{:,")
        .rstrip(" .,;:!?\"'")
    )
    return key[article.end() :] if (article := _ARTICLE.match(key)) else key


def option_line_starts(text: str, labels: tuple[str, ...]) -> Iterator[int]:
    """Yield where lines begin that list options: two or more, in the order of their labels."""
    after = {label: {following} for label, following in pairwise(labels)}
    after.setdefault("I", set()).add("II")  # statements have such numbers
    before: tuple[int, str] | None = None
    for found in _LISTED_LINE.finditer(text):
        restarted = before and _HEADING.search(text, before[0], found.start())
        if before and not restarted and found[1] in after.get(before[1], ()):
            yield before[0]
            yield found.start()
        before = found.start(), found[1]
