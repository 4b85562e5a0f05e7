"""The words by which a text speaks about an answer, as data.

A `Vocabulary` maps phrases to kinds. `extended` adds phrases, such as those of another language.
Phrases are in lower case; the apostrophe is straight; "isn't" is read as "is" and "n't".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a word does in a sentence about an answer."""

    ANSWER = "A"
    """A noun for the answer itself."""
    CHOICE = "a"
    """A noun that means the answer only in some tasks, such as "option"."""
    FINAL = "F"
    """Marks the answer that counts now: "revised", "final"."""
    EARLIER = "P"
    """Marks an earlier answer: "previous", "at first"."""
    OTHER = "O"
    """Somebody or something else that has an answer: "candidate", "the majority"."""
    LINK = "L"
    """Links an answer to its value: "is", "equals"."""
    NOT = "N"
    """Denies: "not", "cannot", "unlikely"."""
    MAYBE = "H"
    """Leaves open: "might", "perhaps"."""
    WOULD = "W"
    """Supposes together with a condition: "would"."""
    IF = "I"
    """Begins a condition or an assumption."""
    SAID = "S"
    """Reports: "said", "thought"."""
    CHOOSE = "C"
    """Chooses: "choose", "go with"."""
    CONFIRM = "M"
    """Confirms an earlier answer: "stand by", "agree with"."""
    CHANGE = "c"
    """Changes the answer: "revise", "switch"."""
    TO = "t"
    """Stands before the new value: "to"."""
    GOOD = "G"
    """Calls it right."""
    BAD = "B"
    """Calls it wrong."""
    REMARK = "R"
    """Says something else about the answer: "verified", "found"."""
    SAME = "K"
    """Says that nothing changed: "no changes", "as before"."""
    AGAIN = "k"
    """Repeats: "still", "again", "the same"."""
    DECIDE = "E"
    """What a text that gives no answer cannot do: "determine", "know"."""
    UNDECIDED = "h"
    """Says that there is no one answer: "equally likely", "torn between"."""
    BUT = "X"
    """Begins a contrast."""
    INSTEAD_OF = "Y"
    """Begins the rejected part of a contrast."""
    SO = "T"
    """Begins a conclusion."""
    BECAUSE = "r"
    """Begins a reason."""
    WAIT = "Z"
    """A second thought."""
    RETRACT = "z"
    """Takes back what was said: "scratch that"."""
    HOPE = "e"
    """Wishes that an answer is right, which confirms nothing."""
    YES = "y"
    """Answers a question with yes."""
    NO = "n"
    """Answers a question with no."""
    IT = "p"
    """A pronoun."""
    ME = "i"
    """The writer."""
    THE = "d"
    """A determiner."""
    ADVERB = "v"
    """A word that may be between a link and a value."""
    POINT = "V"
    """Points to a choice: "leaves", "matches"."""
    WINS = "x"
    """Singles out the choice before it: "wins"."""
    ONLY = "u"
    """Excludes all others."""
    OF = "f"
    """Joins an answer and its value: "of"."""
    AND = "&"
    OR = "o"
    MARK = "!"
    """Announces a value by itself: "####"."""
    END = "."
    """Ends a sentence like a full stop, in languages that end it with a verb."""
    WORD = "w"
    """Any other word."""


@dataclass(frozen=True)
class Vocabulary:
    """Phrases by kind, ready for the lexer."""

    phrases: Mapping[str, Kind]
    """The kind of each phrase."""
    by_first_word: Mapping[str, tuple[tuple[tuple[str, ...], Kind], ...]] = field(init=False)
    """The words of each phrase by its first word, the longest phrase first."""
    unspaced: tuple[str, ...] = field(init=False)
    """The words of languages that write no spaces, the longest first."""

    def __post_init__(self) -> None:
        table: dict[str, list[tuple[tuple[str, ...], Kind]]] = {}
        for phrase, kind in self.phrases.items():
            words = tuple(phrase.split())
            table.setdefault(words[0], []).append((words[1:], kind))
        ordered = {
            word: tuple(sorted(found, key=lambda entry: -len(entry[0])))
            for word, found in table.items()
        }
        single = {word for phrase in self.phrases for word in phrase.split() if is_unspaced(word)}
        unspaced = sorted(single, key=lambda word: (-len(word), word))
        object.__setattr__(self, "by_first_word", MappingProxyType(ordered))
        object.__setattr__(self, "unspaced", tuple(unspaced))

    def extended(self, more: Mapping[Kind, Iterable[str]]) -> "Vocabulary":
        """Add phrases; a phrase that is already there changes its kind.

        Args:
            more: Phrases in lower case by kind.

        Returns:
            The larger vocabulary; this one stays as it is.
        """
        added = {phrase: kind for kind, phrases in more.items() for phrase in phrases}
        return Vocabulary({**self.phrases, **added})


def is_unspaced(phrase: str) -> bool:
    """Whether a phrase is written without spaces, or in letters with marks that split its words."""
    return "\u0900" <= phrase[0] <= "\u0e7f" or "\u3040" <= phrase[0] <= "\ud7ff"
