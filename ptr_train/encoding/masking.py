"""Divides thoughts into the parts that a mask chooses from: tokens or sentences."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from ptr_train.records import Attempt

_SENTENCE_END = re.compile(
    "[.!?\u2026][\"'\u201d\u2019\u00bb)\\]*_]*\\s+"  # A mark, closing signs, a blank.
    "|[\u3002\uff01\uff1f][\u201d\u2019\u300d\u300f\uff09]*\\s*"  # Chinese has no blanks.
    "|\n\\s*"
)


def token_parts(thoughts: Sequence[Attempt]) -> list[list[int]]:
    """Give the place of each token of the thoughts."""
    return [[place] for thought in thoughts for place in range(thought.start, thought.end)]


def sentence_parts(
    thoughts: Sequence[Attempt], texts: Sequence[str], ends: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Give the places of the tokens of each sentence of the thoughts.

    `ends` says after which character of its thought's text each token ends. A token of two
    sentences belongs to the second: it is mostly a blank and the first word.
    """
    parts: dict[tuple[int, int], list[int]] = {}
    for number, (thought, text) in enumerate(zip(thoughts, texts, strict=True)):
        found = (match.end() for match in _SENTENCE_END.finditer(text))
        starts = [end for end in found if end < len(text)]
        for place, end in zip(range(thought.start, thought.end), ends[number], strict=True):
            parts.setdefault((number, bisect_right(starts, end - 1)), []).append(place)
    return list(parts.values())
