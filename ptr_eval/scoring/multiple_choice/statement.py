"""A statement of an answer: where it stands, what it names, and how it is meant."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ptr_eval.scoring.multiple_choice.context import Standing, standing
from ptr_eval.scoring.multiple_choice.read import Named, Page


@dataclass(frozen=True, slots=True)
class Statement:
    """One place where an answer is stated."""

    place: int
    """Where the statement begins."""
    labels: tuple[str, ...]
    """One label; several if undecided; none if no option is meant."""
    rule: str
    """The rule that found it."""
    explicit: bool
    """Whether the statement speaks of the answer itself."""
    standing: Standing
    """How it is meant."""


def words(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for words in any case, on any line."""
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def state(page: Page, start: int, named: Named, rule: str, explicit: bool) -> Iterator[Statement]:
    """Yield the statement, unless it is dismissed or only repeats the instruction."""
    if len(named.labels) >= 3 and len(named.labels) == len(page.options.labels):
        return  # "choose A, B, C or D"
    how = standing(page.text, start, named.end)
    if how is not Standing.DISMISSED:
        yield Statement(start, named.labels, rule, explicit, how)
