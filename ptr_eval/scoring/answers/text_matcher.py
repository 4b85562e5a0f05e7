"""What the matchers of numbers, formulas and spans share."""

import re
from dataclasses import dataclass
from typing import Self

from ptr_eval.scoring.answers.boxes import find_boxes
from ptr_eval.scoring.answers.sentences import split_sentences
from ptr_eval.scoring.answers.statement import Value
from ptr_eval.scoring.answers.vocabulary import Vocabulary
from ptr_eval.scoring.answers.words import COMMON

_NEXT_LINE = re.compile(r"[\s:*\"']*(?:- )?")


@dataclass(frozen=True, slots=True)
class TextMatcher:
    """A text whose values are not known in advance."""

    text: str
    boxes: tuple[tuple[int, int], ...]
    vocabulary: Vocabulary = COMMON
    choices: bool = False

    @classmethod
    def of(cls, text: str) -> Self:
        """Prepare a text for reading."""
        return cls(text, find_boxes(text))

    def whole(self) -> tuple[Value, str] | None:
        """Leave everything to statements and the guess."""
        return None

    def closes(self, value: Value, end: int) -> bool:
        """Whether nothing follows a value in its sentence."""
        return not self.text[value.end : end].strip(" .!*\"')")

    def is_blank(self, start: int, end: int) -> bool:
        """Whether a sentence has no value of its own, so that it may be in the next line."""
        return not self.text[start:end].strip(" :*\"'")

    def next_line(self, end: int) -> tuple[int, int]:
        """Return start and end of the next line that is not blank."""
        line = _NEXT_LINE.match(self.text, end)
        start = line.end() if line else end
        return start, self.line_end(start)

    def line_end(self, start: int) -> int:
        """Return where the line of a place ends."""
        stop = self.text.find("\n", start)
        return len(self.text) if stop < 0 else stop

    def is_labelled(self, start: int) -> bool:
        """Whether a place follows a label: "Answer: the domain is"."""
        return self.text[:start].rstrip(' \n*_"').endswith(":")

    def leaves_open(self, pattern: re.Pattern[str], reach: int) -> bool:
        """Whether one of the last three sentences leaves its value open."""
        tail = self.text[-reach:]
        closing = list(split_sentences(tail, self.vocabulary, initials=True))[-3:]
        return any(pattern.search(s.kinds) or (s.mark == "?" and "#" in s.kinds) for s in closing)
