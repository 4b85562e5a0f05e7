"""Separates the answer of a model from the thinking block that some models write before it.

Models mark the block, for example by `<think>...</think>`. Some chat templates open it at the end
of the prompt, so a response may contain only the end mark, or none if the token limit cut the
thought. Other templates close an empty block there, so that the model does not think.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

DEFAULT_END = "</think>"
"""The usual mark at the end of a thinking block."""

Block = Literal["open", "closed"]
"""What the end of a prompt holds of a thinking block: the opening mark, or the end mark."""

Place = tuple[int, int]
"""Characters of a response: the first, and the one after the last."""


@dataclass(frozen=True, slots=True)
class VisibleReply:
    """What a response says outside its thinking blocks."""

    text: str
    """The text; empty if there is no answer."""
    start: int = 0
    """Where the text begins in the response."""
    cut_off: bool = False
    """Whether the response ends in a thought and has no text before it."""


def read_mark(value: Any) -> str:
    """Read a setting that gives the end mark; "none", "null" and nothing mean no thinking mark."""
    mark = "" if value is None else str(value)
    return "" if mark.strip().lower() in ("", "none", "null") else mark


def opening_mark(end: str) -> str:
    """Give the mark that opens the block that `end` ends; empty if it does not follow from it."""
    opening = end.replace("/", "", 1)
    return "" if opening == end else opening


def block_at_end(prompt: str, end: str) -> Block | None:
    """Tell what the end of a prompt holds of a thinking block."""
    asked, opening = prompt.rstrip(), opening_mark(end)
    if opening and asked.endswith(opening):
        return "open"
    return "closed" if end and asked.endswith(end) else None


def visible_answer(text: str, end: str = DEFAULT_END) -> str:
    """Return the visible part of a text about which nothing else is known."""
    return visible_reply(text, end).text


def visible_reply(
    response: str, end: str = DEFAULT_END, *, block: Block | None = None, at_limit: bool = False
) -> VisibleReply:
    """Find what a response says after its thinking block, or before one that never ends.

    Only the first end mark ends a block; further ones are part of the answer, which is how servers
    that separate the two read it. Without an opening mark, the text before the first end mark is a
    thought. If the prompt opened a block that has no end, the response is a thought if the token
    limit ended it; else it is an answer without a thought.
    """
    marks = _marks(response, end) if end else []
    thinking = block == "open" and (at_limit or any(not opens for _, opens in marks))
    if not marks and not thinking:
        return VisibleReply(response)
    runs: list[list[Place]] = [[]]
    closed, begin = block == "closed", 0
    for (start, stop), opens in marks:
        if not thinking:
            runs[-1].append((begin, start))
        if opens:
            runs.append([])
        elif not thinking and not closed:
            runs = [[]]  # What came before was a thought that the template opened.
        thinking, closed, begin = opens, closed or not opens, stop
    if not thinking:
        runs[-1].append((begin, len(response)))
    return _last_text(response, runs) or VisibleReply("", len(response), thinking)


def _marks(response: str, end: str) -> list[tuple[Place, bool]]:
    """Find marks, and whether they open a block; one in quotes is only mentioned."""
    opening = opening_mark(end)
    marks = [mark for mark in (end, opening) if mark and mark in response]
    if not marks:
        return []
    mark = "|".join(map(re.escape, marks))
    # The quote before a mark must begin a quotation: one after a letter ends it.
    found = re.finditer(rf"(?<![^\s(\[{{=:,])[\"`“](?:{mark})[\"`”]|({mark})", response)
    return [(match.span(), match[1] == opening) for match in found if match[1]]


def _last_text(response: str, runs: list[list[Place]]) -> VisibleReply | None:
    """Take the last run of visible text, without blanks and end marks around it."""
    for run in reversed(runs):
        texts = [(start, stop) for start, stop in run if response[start:stop].strip()]
        if texts:
            (start, _), (_, stop) = texts[0], texts[-1]
            text = response[start:stop]
            return VisibleReply(text.strip(), start + len(text) - len(text.lstrip()))
    return None
