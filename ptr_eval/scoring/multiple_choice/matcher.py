"""Reads the options of a question as values of statements."""

import re
from dataclasses import dataclass

from ptr_eval.scoring.answers.boxes import find_boxes
from ptr_eval.scoring.answers.statement import Value
from ptr_eval.scoring.answers.vocabulary import Vocabulary
from ptr_eval.scoring.answers.words import CHOICES
from ptr_eval.scoring.multiple_choice.find_lone_answer import find_lone_answer, find_whole_option
from ptr_eval.scoring.multiple_choice.option_lists import without_option_lists
from ptr_eval.scoring.multiple_choice.options import AnswerOptions, conjuncts
from ptr_eval.scoring.multiple_choice.response_text import NamedOptions, ResponseText
from ptr_eval.scoring.multiple_choice.subject import read_subject

_CLAUSE_END = re.compile(
    r"[)\]}\"'.>]{0,3}(?:$|[.!?;,:\n]|[)\]}]| ?\(|(?<=[.)\]}])\s"
    r"| (?:because|since|as|-|rather than|instead of|and not|not|in|of|on|from|that|above|"
    r"below|here)\b)",
    re.IGNORECASE,
)


_OTHER_STATEMENT = re.compile(r"answer(?: is| was|:)", re.IGNORECASE)
_JOINT_BOX = re.compile(r"[}\s.]*(?:,|and|or|&)+\s*\\f?boxed ?\{")


@dataclass(frozen=True, slots=True)
class OptionMatcher:
    """Reads labels and texts of options."""

    response: ResponseText
    text: str
    boxes: tuple[tuple[int, int], ...]
    vocabulary: Vocabulary = CHOICES
    choices: bool = True

    @classmethod
    def of(cls, text: str, options: AnswerOptions) -> "OptionMatcher":
        """Prepare a normalized text for reading."""
        response = ResponseText.of(without_option_lists(text, options), options)
        response = ResponseText.of(_joined(response), options)
        return cls(response, response.text, find_boxes(response.text))

    def read(self, start: int, end: int, *, named: bool) -> Value | None:
        """Read the option that is named at a place."""
        start -= 5 if self.text[:start].endswith("both ") else 0  # an option may be "both A and B"
        found = self.response.read(
            start, strict=not named or not self.text[start:end].strip(" :\"'")
        )
        if found is None and named:
            label = self.response.options.label.match(self.text, start)
            if label and not self.text[label.end() : end].strip() and label[0].isupper():
                found = NamedOptions((label[0],), start, label.end())  # the sentence ends there
        if found is None or (found.start > end and self.text[start:end].strip(" :\"'(#")):
            return None
        if not named and _OTHER_STATEMENT.search(self.text, start, found.start):
            return None
        if len(found.labels) >= 3 and len(found.labels) == len(self.response.options.labels):
            return None  # "choose A, B, C or D"
        return _value(found)

    def read_box(self, start: int, end: int) -> Value | None:
        """Read the option in a box."""
        claims = conjuncts(self.text[start:end])
        same = [label for label, own in self.response.options.conjuncts.items() if own == claims]
        if len(same) == 1:
            return _value(NamedOptions((same[0],), start, end))
        found = self.response.read(start)
        if not found or found.end > end:
            return None
        joint = _JOINT_BOX.match(self.text, end)
        other = self.response.read(joint.end()) if joint else None
        if other and other.labels != found.labels:
            return _value(NamedOptions((*found.labels, *other.labels), start, other.end))
        return _value(found)

    def read_back(self, start: int, end: int) -> Value | None:
        """Read the option that ends before a predicate."""
        found = read_subject(self.response, end)
        return _value(found) if found and found.start >= start - 4 else None

    def closes(self, value: Value, end: int) -> bool:
        """Whether the clause ends behind a value that is a label."""
        return bool(_CLAUSE_END.match(self.text, value.end))

    def whole(self) -> tuple[Value, str] | None:
        """Read a response that is nothing but an option."""
        return _lone(self.text, find_whole_option(self.response))

    def guess(self, start: int) -> tuple[Value, str] | None:
        """Read a label or text that stands alone."""
        if self.text.rstrip().endswith("?"):
            return None
        rest = (
            ResponseText.of(self.text[start:].lstrip(".!?;, \n"), self.response.options)
            if start
            else self.response
        )
        return _lone(self.text, find_lone_answer(rest, whole=not start))

    def write(self, value: Value) -> str:
        """Write a value plainly."""
        return " or ".join(value.item.labels) or "not an option"


def _joined(response: ResponseText) -> str:
    """Write "C. Paris" as "C) Paris", so that no sentence seems to end behind the label."""
    text = response.text
    for found in re.finditer(r"(?<!\w)(\w{1,2})\.(?= \S)", text):
        if found[1] in response.options.labels and response.own_text(found[1], found.end(1)):
            text = f"{text[: found.end(1)]}){text[found.end() :]}"
    return text


def _value(found: NamedOptions) -> Value:
    return Value(found.start, found.end, found.labels, found, len(found.labels) == 1)


def _lone(text: str, found: tuple[tuple[str, ...], str] | None) -> tuple[Value, str] | None:
    if found is None:
        return None
    labels, rule = found
    return _value(NamedOptions(labels, 0, len(text))), rule
