"""A text as words: what edit distance and copy rate compare."""

import re
from dataclasses import dataclass

MOST_WORDS = 1_000
"""So many words of a text are compared; the time of a comparison grows with their square."""

_MOST_CHARACTERS = 20_000
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Written without spaces.
_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text."""

    words: tuple[str, ...]
    """Runs of letters and digits, signs one by one, and Chinese and Japanese characters one by
    one."""
    cut: bool = False
    """Whether the text has more."""


def words_of(text: str) -> Words:
    """Split a text into words: the first 1,000 within its first 20,000 characters."""
    found = _WORD.findall(text[:_MOST_CHARACTERS])
    cut = len(text) > _MOST_CHARACTERS or len(found) > MOST_WORDS
    return Words(tuple(found[:MOST_WORDS]), cut)
