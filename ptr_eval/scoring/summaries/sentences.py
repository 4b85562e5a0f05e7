"""Says what a sentence or a head is: a label, a remark about the summary, or a confirmation."""

import re
from typing import Literal

from ptr_eval.scoring.summaries import words as known

Label = Literal["summary", "earlier", "aside"]
Opening = Literal["paragraph", "line", "nothing"]

_PREFACE = re.compile(
    r"(?:yes|sure(?: thing)?|actually|certainly|of course|absolutely|definitely|ok|okay|alright"
    r"|all right|got it|understood|great|gladly|no problem|with pleasure|well|hello|hi|hmm|wait)"
    r"(?:\s?[,!.:;]+\s?|\s[-–—]\s|\Z)"
    r"|(?:(?:and|but|so|now|then),?|(?:please )?note that)\s"
    r"|(?:thanks|thank you)\b[^,.!:\n]{0,80}(?:[,.!:]\s?|\Z)"
    r"|(?:after|upon|on|based on|having|given|considering|looking|taking|following|thinking|with"
    r"|to|keeping|going|by|instead of|for (?:reference|comparison|context)|as requested|as you)\b"
    r"[^,.:!?\n]{0,120},\s?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"v?\d+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_TITLE = (known.TEXTS | known.OTHER_TEXTS | known.NEW | known.EARLIER | known.LABELS) | (
    known.ASIDES | known.SOURCES | known.STAYING | known.GLUE
)
_DESCRIBING = (known.NEW | known.EARLIER | {"one", "single", "short", "long"}) - known.TEXTS


def words_of(text: str) -> list[str]:
    """List the words of a text in small letters."""
    plain = text.lower().replace("\u2019", "'").replace("tl;dr", "tldr")
    return _WORD.findall(plain)


def without_preface(sentence: str) -> str:
    """Remove "Sure, ", "After reading the article again, " and the like from the beginning."""
    for _ in range(4):
        found = _PREFACE.match(sentence)
        if found is None:
            break
        sentence = sentence[found.end() :].lstrip("*_ ")
    return sentence


def label_of(head: str, *, own_line: bool, colon: bool = True) -> Label | None:
    """Say what a head such as "Refined summary" or "Here's what I changed" announces.

    Args:
        head: What is before a colon or a dash, or on a line of its own.
        own_line: Whether it begins a line; in the middle of one it must say more.
        colon: Whether it ends in a colon or a dash.

    Returns:
        What follows: a summary, an earlier one, or something else; None if it is no head.
    """
    words = words_of(without_preface(head))
    states = head.rstrip(" \t\r*_").endswith((".", "!"))
    if not words:
        return None
    if colon and is_confirmation(head):
        return "summary"
    tail = words_of(without_preface(head.rpartition(",")[2].strip()))
    points = _points(words, colon) or (tail[:1] in (["here"], ["here's"]) and _points(tail, colon))
    if not points and (states or not _is_title(words, own_line, colon)):
        return None
    named = _places(words, known.TEXTS | known.OTHER_TEXTS)
    aside = _places(words, known.ASIDES)
    if aside and (not named or aside[0] < named[0] or aside[-1] == len(words) - 1):
        return "aside"
    fresh, earlier = known.NEW.intersection(words), known.EARLIER.intersection(words)
    if not (named or fresh or earlier) and known.SOURCES.intersection(words):
        return "aside"
    stays = known.STAYING.intersection(words)
    return "earlier" if earlier and not (fresh or stays) else "summary"


def is_remark(sentence: str, *, after_text: bool, opens: Opening) -> bool:
    """Whether a sentence speaks about the summary or to the reader.

    Args:
        sentence: The sentence.
        after_text: Whether the summary may be complete before it.
        opens: What it is the first sentence of.

    Returns:
        Whether it is no part of a summary.
    """
    everything, words = words_of(sentence), words_of(without_preface(sentence))
    if not everything:
        return False
    if _starts(everything, known.OFFERS) or is_confirmation(sentence):
        return True
    if not words:
        return not after_text or everything[0] in ("thank", "thanks")
    if _starts(words, known.OFFERS) or _is_count(words) or _speaks_of_a_text(words):
        return True
    about = _is_about(everything[1:])
    if words[0] in known.I or _starts(words, ("let me", "let us")):
        did = known.EDITED if after_text else known.LOOKED
        return about or bool(did.intersection(words[1:4]))
    if not after_text or opens == "nothing":
        return False
    comments = words[0] in known.EDITED or _starts(words, known.COMMENTS)
    names_text = known.ONLY_TEXTS.intersection(words) or "the article" in sentence.lower()
    return (about and comments) or (opens == "paragraph" and bool(names_text))


def is_confirmation(sentence: str) -> bool:
    """Whether a sentence only says that an answer stays: "No changes are needed."."""
    words = set(words_of(sentence))
    if not words <= known.CONFIRMATION or (len(words) < 2 and words != {"unchanged"}):
        return False
    if words & known.NO:
        return bool(words & (known.CHANGING | {"correct"}))
    if words & known.NOT:
        return bool(words & known.CHANGE)
    return bool(words & known.STAYING) and not words & (known.CHANGING | {"more"})


def announces(head: str) -> bool:
    """Whether a head at the end of a line is about wording: "This can be put more precisely"."""
    words = words_of(head)
    return len(words) <= 30 and (_is_about(words) or bool(known.I.intersection(words)))


def is_first_person(sentence: str) -> bool:
    """Whether the model speaks of itself in a sentence."""
    words = words_of(without_preface(sentence))
    return bool(words) and words[0] in known.I - {"here's"}


def _places(words: list[str], of: frozenset[str]) -> list[int]:
    return [place for place, word in enumerate(words) if word in of]


def _starts(words: list[str], phrases: tuple[str, ...]) -> bool:
    start = " ".join(words[:4]) + " "
    return any(start.startswith(f"{phrase} ") for phrase in phrases)


def _is_about(words: list[str]) -> bool:
    return any(word.startswith(known.ABOUT) for word in words)


def _is_count(words: list[str]) -> bool:
    """Whether words only count: "21 words"."""
    return known.COUNTED.issuperset(w for w in words if not w.isdigit()) and words[-1] == "words"


def _points(words: list[str], colon: bool) -> bool:
    """Whether words point to a text that follows: "here is a version which ..."."""
    if _starts(words, known.BARE_POINTERS) or (colon and _starts(words, known.SUGGESTIONS)):
        return True
    if words[0] not in known.I and not _starts(words, known.POINTERS):
        return False
    if known.OTHER_TEXTS.intersection(words) and known.NEW.intersection(words):
        return True
    return bool((known.TEXTS | known.ASIDES).intersection(words))


def _is_title(words: list[str], own_line: bool, colon: bool) -> bool:
    """Whether words are nothing but a title such as "my refined summary of the article is"."""
    if len(words) > 14 or not all(word in _TITLE or _NUMBER.fullmatch(word) for word in words):
        return False
    marked = bool((known.NEW | known.EARLIER).intersection(words))
    if known.TEXTS.intersection(words):
        return own_line or marked
    if known.ASIDES.intersection(words):
        return len(words) <= 5
    if known.OTHER_TEXTS.intersection(words) and marked:
        return True
    alone = (known.LABELS | known.SOURCES).intersection(words)
    return own_line and colon and len(words) <= 3 and bool(alone)


def _speaks_of_a_text(words: list[str]) -> bool:
    """Whether the subject is a summary: "this version ...", "the previous summary ..."."""
    compares = {"in": 1, "unlike": 1, "compared": 2}.get(words[0], 0)
    words = words[compares:]
    if not words or words[0] not in ("this", "the", "my", "your", "that", "both"):
        return False
    noun = next((i for i, word in enumerate(words) if i and word not in _DESCRIBING), 0)
    if not noun or words[noun] not in known.TEXTS | {"one"}:
        return False
    if words[noun] == "summary":
        return True
    rest = words[noun + 1 :]
    if rest[:1] == ["of"] or (noun == 1 and words[0] not in ("this", "my", "your")):
        return False
    return bool(compares or _is_about(rest) or known.DOES.intersection(rest[:2]))
