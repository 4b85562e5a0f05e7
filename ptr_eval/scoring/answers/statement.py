"""A statement about an answer, the value it names, and how a scorer reads values."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from ptr_eval.scoring.answers.vocabulary import Vocabulary


class Mood(Enum):
    """How a statement is meant."""

    ASSERTED = "asserted"
    DENIED = "denied"
    OPEN = "open"
    """Doubted, supposed, asked, or undecided between values."""
    REPORTED = "reported"
    """Told as an earlier answer, or as somebody else's."""


class Rank(Enum):
    """How much an asserted statement counts against another one."""

    PLAIN = 0
    """Says that something is so: "it is C", "C is right"."""
    EXPLICIT = 1
    """Names the answer or a choice: "the answer is C", "I choose C", a box."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a matcher read in a text."""

    start: int
    """Where it begins in the text."""
    end: int
    """Where it ends."""
    key: Hashable
    """What equal values have in common."""
    item: Any
    """The value itself, as the matcher's scorer needs it."""
    decided: bool = True
    """Whether it is one value; False for "18 or 20"."""
    solid: bool = True
    """Whether it looks like an answer by itself; a remark such as "a single word" does not."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One place where a text says something about an answer."""

    place: int
    """Where it begins in the text."""
    mood: Mood
    how: str
    """The rule that found it."""
    value: Value | None = None
    """What it names; None if it only says that there is no answer."""
    rank: Rank = Rank.EXPLICIT


class Matcher(Protocol):
    """Reads the values of one scorer in a text."""

    @property
    def text(self) -> str:
        """The text, cleaned."""

    @property
    def boxes(self) -> tuple[tuple[int, int], ...]:
        """Where the content of each box begins and ends."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The words by which the text may speak about an answer."""

    @property
    def choices(self) -> bool:
        """Whether the answer is one of a few options: "it is C" and "I pick C" state it then."""

    def read(self, start: int, end: int, *, named: bool) -> Value | None:
        """Read the value that begins at a place; `named` if the answer itself is announced.

        `end` is the end of the sentence or clause; the value may go on in the next line only where
        nothing is before it.
        """

    def read_box(self, start: int, end: int) -> Value | None:
        """Read the value in a box."""

    def closes(self, value: Value, end: int) -> bool:
        """Whether a clause ends behind a value."""

    def whole(self) -> tuple[Value, str] | None:
        """Read a response that is nothing but a value, and the rule's name."""

    def guess(self, start: int) -> tuple[Value, str] | None:
        """Read a value where none is stated, behind `start`, and the rule's name."""

    def write(self, value: Value) -> str:
        """Write a value plainly."""

    def read_back(self, start: int, end: int) -> Value | None:
        """Read the value that ends at `end`."""
