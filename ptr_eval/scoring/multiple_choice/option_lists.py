"""Removes the lists in which a response repeats the options of the question."""

import re

from ptr_eval.scoring.multiple_choice.options import AnswerOptions
from ptr_eval.scoring.multiple_choice.response_text import ResponseText

_ITEM = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,2}|\d{1,2})(?=[)\].: \n-])")
_BETWEEN = re.compile(r"[\s,;.?!\"'()\[\]|*•-]{0,8}")

REMOVED = "#"
"""Marks the place of a removed list, so that nothing is read across it."""


def without_option_lists(text: str, options: AnswerOptions) -> str:
    """Remove repeated options: two or more in a row, each with its own text."""
    response = ResponseText.of(text, options)
    runs: list[list[int]] = []  # start, end, items, index of the last label
    for found in _ITEM.finditer(text):
        if found[1] not in options.labels or (runs and found.start() < runs[-1][1]):
            continue  # no label, or the article that the last text begins with
        own = response.own_text(found[1], found.end())
        if own is None:
            continue
        place = options.labels.index(found[1])
        gap = _BETWEEN.match(text, runs[-1][1]) if runs else None
        if gap and gap.end() >= found.start() and place == runs[-1][3] + 1:
            runs[-1][1:] = [own, runs[-1][2] + 1, place]
        else:
            runs.append([found.start(), own, 1, place])
    parts, end = [], 0
    for start, stop, items, last in runs:
        if items > 1 and start >= end:
            parts.append(text[end:start])
            end = _cut_item(text, stop, options.labels[last + 1 : last + 2])
    return f"\n\n{REMOVED}\n\n".join([*parts, text[end:]])


def _cut_item(text: str, end: int, following: tuple[str, ...]) -> int:
    """Return the end of a list, with a last item that the token limit cut off or that differs."""
    gap = _BETWEEN.match(text, end)
    if not following or not gap:
        return end
    item = re.compile(rf"{re.escape(following[0])}[).:][^\n]*").match(text, gap.end())
    return item.end() if item and item.end() == len(text) else end
