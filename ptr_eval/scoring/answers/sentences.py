"""Splits a text into sentences, and each sentence into words of known kinds.

A sentence is a string with one character a token (`Kind`, or the punctuation mark itself), so that
patterns over it stay short: "My answer was 20." is "dAL#".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ptr_eval.scoring.answers.vocabulary import Kind, Vocabulary

_ABBREVIATIONS = frozenset(
    "st dr mr mrs ms jr sr no mt ft gen col lt sgt rs vs approx capt sen prof rev gov rep pres hon "
    "jan feb mar apr jun jul aug sep sept oct nov dec inc ltd co corp dept est fig eq al etc e.g "
    "i.e cf ca maj cmdr adm fr bros ave blvd hr hrs min sec lb lbs oz".split()
)
_BEFORE_NUMBERS = frozenset("no fig eq jan feb mar apr jun jul aug sep sept oct nov dec".split())
_AS_IT_IS = frozenset((("as", "is"), ("as", "it", "is"), ("as", "it", "was")))
_ABOUT = frozenset(("a", "an", "the", "not", "its", "their", "more", "most"))
_LINKS_BEFORE_NOT = frozenset("isn aren wasn weren".split())
_BEFORE_VALUE = re.compile(r"[\w\\$(\[{-]|\.\d")
_LAST_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+){0,3}\Z")
_INITIALS = re.compile(r"[A-Z](?:\.[A-Z])+")
_NEW_SENTENCE = re.compile(r"(?:He|She|It|They|The|This|That|In|I|We|My|But|So|No|Wait)\b")
_WORD = r"\bi\.e\.|[^\W\d_]+(?:'(?!s\b|re\b|m\b|d\b|ll\b|t\b)[^\W\d_]+)?"
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_REST = (
    r"|(?<=[^\x00-\x7f])[.!?]|'(?:s|re|m|d|ll|t)\b|\#{4}(?!\#)|\n"
    r"|(?:!(?! [=<>+*/\\])|[.?…]|[.!?…]{2,})+(?=[\s\"')\]*}]|$)|[。！？]|[,;:()\[\]<>{}\"|]"
    r"|[=-]>|={1,2}|-(?=\s)|\d(?:[\d.,]*\d)?|[^\w\s.!?…]"
)
_LONGEST = 200
"""How many tokens a sentence has at most; a longer one is read in pieces."""
_MARKS = {
    **dict.fromkeys(("->", "=>", "=", ">", "]"), ":"),
    **dict.fromkeys("。！.!…", "."),
    **{"？": "?", "[": "(", "{": "(", "}": ")", "<": "(", "|": ",", "-": "-", "\n": "\n"},
    **{mark: mark for mark in ',;:()"?'},
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, or a line of a list."""

    kinds: str
    """The kind of each token, without the final mark."""
    starts: tuple[int, ...]
    """Where each token begins in the text."""
    ends: tuple[int, ...]
    """Where each token ends."""
    start: int
    """Where the sentence begins in the text."""
    end: int
    """Where it ends, before its final mark."""
    mark: str
    """The final mark: ".", "?", or a line break."""


@lru_cache(maxsize=16)
def _token(unspaced: tuple[str, ...]) -> re.Pattern[str]:
    if not unspaced:
        return re.compile(_WORD + _REST)
    word = _WORD.replace(r"\d_]", rf"\d_{_UNSPACED}]") + f"|[{_UNSPACED}]"
    return re.compile("|".join([*map(re.escape, unspaced), word]) + _REST)


def token_at(s: Sentence, place: int) -> int:
    """Return the first token that begins at a place of the text or behind it."""
    return next((i for i, start in enumerate(s.starts) if start >= place), len(s.kinds))


def token_over(s: Sentence, place: int) -> int:
    """Return the first token that ends behind a place of the text, which is in the sentence."""
    return next(i for i, end in enumerate(s.ends) if end > place)


def split_sentences(text: str, vocabulary: Vocabulary, *, initials: bool) -> Iterator[Sentence]:
    """Split a text; with `initials`, a single letter with a full stop ends no sentence."""
    pattern = _token(() if text.isascii() else vocabulary.unspaced)
    kinds: list[str] = []
    spans: list[tuple[int, int]] = []
    for kind, start, end in _tokens(text, pattern, vocabulary):
        if kind in ".?\n;" and not (kind in ".?" and _is_abbreviation(text, start, end, initials)):
            if kinds:
                yield _sentence(kinds, spans, start, kind)
                kinds, spans = [], []
        else:
            kinds.append(kind)
            spans.append((start, end))
            if len(kinds) == _LONGEST:
                yield _sentence(kinds, spans, end, ",")
                kinds, spans = [], []
    if kinds:
        yield _sentence(kinds, spans, len(text), "\n")


def _sentence(kinds: list[str], spans: list[tuple[int, int]], end: int, mark: str) -> Sentence:
    starts, ends = zip(*spans, strict=True)
    return Sentence("".join(kinds), starts, ends, starts[0], end, mark)


def _tokens(
    text: str, pattern: re.Pattern[str], vocabulary: Vocabulary
) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end of every token; a phrase of several words is one token."""
    found = list(pattern.finditer(text))
    words = [match[0].lower() for match in found]
    table, place = vocabulary.by_first_word, 0
    while place < len(found):
        word, size = words[place], 1
        kind: str = _MARKS.get(word) or _MARKS.get(word[0] if word[0] in ".!?…" else "", "")
        end = found[place].end()
        if word == "-" and not text[end : end + 1].isspace():
            kind = "#"  # a minus sign
        if (
            not kind
            and not word[0].isalnum()
            and word not in table
            and not _BEFORE_VALUE.match(text, end)
        ):
            place += 1
            continue  # a sign behind a value
        if not kind:
            is_word = word[0].isalpha() or (word[0] == "'" and len(word) > 1)
            kind = Kind.WORD if is_word else "#"
            is_name = found[place][0][0].isupper() and place and words[place - 1] not in ".\n"
            for rest, of in () if word == "may" and is_name else table.get(word, ()):
                following = place + 1 + len(rest)
                if tuple(words[place + 1 : following]) == rest:
                    then = words[following : following + 1]
                    if (word, *rest) in _AS_IT_IS and _goes_on(then, table):
                        continue  # "as it is a way to", which gives a reason
                    kind, size = of, 1 + len(rest)
                    break
        if words[place + size : place + size + 1] == ["'t"]:  # "isn't", "can't"
            if word in _LINKS_BEFORE_NOT:
                yield Kind.LINK, found[place].start(), found[place].end()
            yield Kind.NOT, found[place + size].start(), found[place + size].end()
            size += 1
        else:
            yield kind, found[place].start(), found[place + size - 1].end()
        place += size


def _goes_on(then: list[str], table: Mapping[str, object]) -> bool:
    """Whether a clause goes on with a word that says something about its subject."""
    return bool(then) and then[0][0].isalpha() and (then[0] not in table or then[0] in _ABOUT)


def _is_abbreviation(text: str, start: int, end: int, initials: bool) -> bool:
    """Whether the full stop belongs to an abbreviation, or to the initial of a name."""
    if text.startswith((" Inc", " Ltd"), end):
        return True  # "Yahoo! Inc."
    if text[start:end] != "." or text[end : end + 1] != " ":
        return False
    word = _LAST_WORD.search(text, max(0, start - 8), start)
    following = text[end + 1 : end + 2]
    if _NEW_SENTENCE.match(text, end + 1):
        return False
    if not word or not following.strip():
        return False
    if len(word[0]) == 1:
        return initials and word[0].isupper()
    known = word[0].lower() in _ABBREVIATIONS or (initials and bool(_INITIALS.fullmatch(word[0])))
    return known and (following.isdigit() or word[0].lower() not in _BEFORE_NUMBERS)
