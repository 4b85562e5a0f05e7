"""Which of the verdicts that a text mentions its writer states in the end."""

import re
from collections.abc import Sequence
from typing import TypeVar

V = TypeVar("V")
Span = tuple[int, int]

_QUOTE_TAG = re.compile(r"<(/?)(?:quote|summary)_[AB]>")
_MARKS = '"“”`'
_CONDITION = re.compile(r"[^\w.!?\n]{0,6}(?:if|when|for a tie)\b", re.IGNORECASE)
_NOT_THIS = re.compile(r"\b(?:not|than|over)\W{0,6}$", re.IGNORECASE)
_TURN = re.compile(
    r"[.?!;]|\b(?:but|actually|however|no|wait|instead|rather|finally|now)\b", re.IGNORECASE
)
_AT_MOST = 100
"""So many verdicts, the last ones, are looked at: a reply that goes in circles states thousands."""
_LISTED = re.compile(r"[ \t]*(?:\d{1,2}[.)]|[-*•])[ \t]")


def last_statement(text: str, found: Sequence[tuple[V, Span]]) -> V | None:
    """Choose the last verdict that a text states, of all it mentions.

    A verdict that is quoted from an answer, said to hold under a condition ("[[A]] if ..."), or
    named as what is not chosen ("better than [[A]]"), is only mentioned. There is none if the last
    one contradicts another before it: nothing is said between them, or nothing that takes the first
    one back, or they are the entries of a list.
    """
    passages = _quoted_passages(text)
    own = [
        (value, span)
        for value, span in found[-_AT_MOST:]
        if not any(start <= span[0] < end for start, end in passages)
    ]
    stated = [place for place, (_, span) in enumerate(own) if not _mentioned(text, span)]
    if not stated:
        return None
    last, where = own[stated[-1]]
    others = [span for value, span in own[: stated[-1]] if value != last]
    return None if others and _contradictory(text, others[-1], where) else last


def _mentioned(text: str, span: Span) -> bool:
    if _CONDITION.match(text, span[1]):
        return True
    start, end = _line(text, span)
    before, after = text[start : span[0]], text[span[1] : end]
    if before.lstrip().startswith(">") or _NOT_THIS.search(before[-16:]):
        return True
    return _inside_quotation(before) and _outside(before, after)


def _inside_quotation(before: str) -> bool:
    """Tell whether a quotation is open at the end of a text."""
    if before.count('"') % 2 or before.count("`") % 2:
        return True
    return before.count("“") > before.count("”")


def _outside(before: str, after: str) -> bool:
    """Tell whether there are words both before and after the quotation around a place."""
    opening = max(before.rfind(mark) for mark in _MARKS)
    closing = min((at for mark in _MARKS if (at := after.find(mark)) >= 0), default=len(after))
    return bool(re.search(r"\w", before[:opening]) and re.search(r"\w", after[closing:]))


def _contradictory(text: str, one: Span, other: Span) -> bool:
    between = text[one[1] : other[0]]
    if not re.search(r"\w", between):
        return True
    if "\n" not in between:
        return not _TURN.search(between)
    return all(_LISTED.match(text, _line(text, span)[0]) for span in (one, other))


def _line(text: str, span: Span) -> Span:
    end = text.find("\n", span[1])
    return text.rfind("\n", 0, span[0]) + 1, len(text) if end < 0 else end


def _quoted_passages(text: str) -> list[Span]:
    """Find what stands between tags that mark a quotation from an answer, or a summary of it."""
    found, begin = [], None
    for tag in _QUOTE_TAG.finditer(text):
        if not tag[1]:
            begin = tag.start() if begin is None else begin
        elif begin is not None:
            found.append((begin, tag.end()))
            begin = None
    return found
