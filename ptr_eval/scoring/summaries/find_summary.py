"""Finds the summary in what a model wrote, without what it says about the summary.

Later rounds introduce a summary ("Sure! Here is a more precise version:"), repeat an earlier one,
and comment on it ("I removed the date."). A response is read sentence by sentence: a *label* opens
a section, a *remark* ends one, and all else is text. The last section that is labelled as a
summary wins, then text without a label, then an earlier summary.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from ptr_eval.scoring.json_field import json_value
from ptr_eval.scoring.summaries.sentences import (
    Opening,
    announces,
    is_confirmation,
    is_first_person,
    is_remark,
    label_of,
    without_preface,
)
from ptr_eval.scoring.summaries.unwrap import without_wrapping

Kind = Literal["summary", "plain", "earlier", "aside"]

_LONGEST = 50_000  # characters that are read
_LONGEST_CONFIRMATION = 1_000
_LONGEST_SENTENCE = 1_000  # so much of it is looked at
_SEPARATOR = re.compile(r"[-=*_~#>\s]+|(?:`{3,}|~{3,})\s{0,3}\w{0,20}")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'\u201d\u2019)\]*_]{0,4}\s+(?=\S)")
_EMPHASIS = r"(?:[ \t]?(?:\*{1,3}|_{1,3})(?=\s|\Z))?[ \t]*"
_HEAD = re.compile(rf"[^:\uff1a\n]{{0,200}}?(?:[:\uff1a]|\s[-–—](?=\s)){_EMPHASIS}")
_BOLD = re.compile(r"(?:\*\*|__)[^*_\n]{1,80}(?:\*\*|__)(?: ?[:\uff1a–—-])?[ \t]*")
_MARKS = re.compile("(?:[#>*_•→-⇿☀-➿⬀-⯿\ufe0f\U0001f300-\U0001faff]|[-+](?=\\s)|\\s)*[(\\[\"“']?")
_INLINE_TAG = re.compile(r"</?(?:b|strong|em|i|u)>|~~[^~\n]{1,500}~~", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"</?(?:p|br|div|h[1-6])\s?/?>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)((?:\w{1,20}[_ -])?(?:summary|answer|response|output))>", re.IGNORECASE)
_QUOTE = re.compile(r"[\"“”„«»]")
_QUOTED = re.compile(r"[\s>*_]*[\"“„«]")
_QUOTED_TITLE = re.compile(r"[\s>*_]*[\"“„«][*_]*[\w -]{3,40}:")


@dataclass(frozen=True, slots=True)
class FoundSummary:
    """What was found in a response."""

    text: str
    """The summary; the whole response where there is nothing but framing."""
    how: str
    """The rule that found it."""
    span: tuple[int, int] | None = None
    """Where it is in the response; None if it is not there word for word."""
    kept: bool = False
    """Whether the response only confirms an earlier summary."""


@dataclass(slots=True)
class _Section:
    kind: Kind
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    sections: list[_Section] = field(default_factory=lambda: [_Section("plain")])
    has_summary: bool = False
    """Whether there is text that may be the summary."""
    confirms: bool = False
    """Whether a sentence confirms an earlier answer."""

    opens: Opening = "paragraph"
    """What the next sentence is the first one of."""

    @property
    def last(self) -> _Section:
        return self.sections[-1]

    def open(self, kind: Kind) -> None:
        if self.last.end:
            self.sections.append(_Section(kind))
        else:
            self.last.kind = kind

    def add(self, start: int, end: int) -> None:
        section = self.last
        section.start, section.end = (section.start if section.end else start), end
        self.has_summary |= section.kind in ("plain", "summary")

    def end_paragraph(self) -> None:
        """End an earlier summary, or what comes before any summary, at a blank line."""
        self.opens = "paragraph"
        introduces = self.last.kind == "aside" and not self.has_summary
        if self.last.end and (self.last.kind == "earlier" or introduces):
            self.open("plain")

    def end_text(self) -> None:
        """End a text that is commented on."""
        if self.last.end and self.last.kind != "aside":
            self.open("plain" if self.last.kind == "earlier" else "aside")

    def best(self) -> _Section | None:
        filled = [section for section in self.sections if section.end]
        summaries = [section for section in filled if section.kind == "summary"]
        plain = [section for section in filled if section.kind == "plain"]
        earlier = [section for section in filled if section.kind == "earlier"]
        return next(iter(summaries[-1:] + plain[:1] + earlier[-1:]), None)


def find_summary(response: str) -> FoundSummary:
    """Find the summary in a response.

    Args:
        response: What a model wrote, without its thinking block.

    Returns:
        The summary without white space around it; without framing, the whole response.
    """
    whole = response[:_LONGEST].strip()
    value = json_value(whole, _names_summary)
    if value is not None:
        return _found(response, find_summary(value).text, "JSON field")
    text = _BLOCK_TAG.sub("\n", _INLINE_TAG.sub("", _TAG.sub(_tag_as_label, whole)))
    reading = _read(text)
    section = reading.best()
    if section is not None:
        found = text[section.start : section.end].strip()
        found = without_wrapping(found, framed=found != whole)
        return _found(response, found, "whole response" if found == whole else "without framing")
    if reading.confirms:
        return FoundSummary(whole, "confirms an earlier answer", kept=True)
    return _found(response, whole, "whole response" if whole else "empty response")


def only_confirms(response: str) -> bool:
    """Say whether a response only confirms an earlier answer, as "No changes are needed." does.

    Args:
        response: What a model wrote, without its thinking block.

    Returns:
        Whether there is nothing else in it.
    """
    return len(response) <= _LONGEST_CONFIRMATION and find_summary(response).kept


def _found(response: str, summary: str, how: str) -> FoundSummary:
    start = response.rfind(summary)
    return FoundSummary(summary, how, (start, start + len(summary)) if start >= 0 else None)


def _names_summary(name: str, _: str) -> bool:
    return label_of(name.replace("_", " "), own_line=True) == "summary"


def _tag_as_label(tag: re.Match[str]) -> str:
    return "\nNotes:\n" if tag[1] else f"\n{re.sub('[_-]', ' ', tag[2])}:\n"


def _read(text: str) -> _Reading:
    """Divide a text into sections."""
    reading, start = _Reading(), 0
    for line in text.split("\n"):
        if not line.strip() or _SEPARATOR.fullmatch(line):
            reading.end_paragraph()
        else:
            _read_line(text, start, start + len(line), reading)
            reading.opens = "line"
        start += len(line) + 1
    return reading


def _read_line(text: str, start: int, end: int, reading: _Reading) -> None:
    """Add the sentences of a line to the sections."""
    quotes, stop = 0, start
    while start < end:
        if start >= stop:
            boundary = _SENTENCE_END.search(text, start, end)
            stop = boundary.end() if boundary else end
        sentence = text[start : min(stop, start + _LONGEST_SENTENCE)]
        opens = reading.opens != "nothing" or not reading.last.end
        label = _find_label(sentence, opens, reading.last.kind)
        if label is not None:
            reading.open(label[0])
            start += label[1]
            continue
        quoted = quotes % 2 == 1 or _QUOTED.match(sentence)
        quotes += len(_QUOTE.findall(sentence))
        bare = _bare(sentence)
        if quoted or not is_remark(bare, after_text=bool(reading.last.end), opens=reading.opens):
            reading.add(start, stop)
        else:
            reading.confirms |= is_confirmation(without_preface(bare))
            reading.end_text()
        start, reading.opens = stop, "nothing"


def _find_label(sentence: str, opens: bool, inside: Kind) -> tuple[Kind, int] | None:
    """Find what a sentence announces, and the length of the announcement."""
    if _QUOTED.match(sentence) and not _QUOTED_TITLE.match(sentence):
        return None
    bare = _bare(sentence)
    spaces, marks = len(sentence) - len(sentence.lstrip()), len(sentence) - len(bare)
    for start, pattern in ((spaces, _BOLD), (marks, _HEAD)):
        head = pattern.match(sentence, start)
        if head is None:
            continue
        colon = head[0].rstrip(" \t*_").endswith((":", "\uff1a", "-", "–", "—"))
        kind = label_of(head[0], own_line=opens, colon=colon)
        if kind is None:
            continue
        in_sentence = sentence[head.end() :].lstrip()[:1].islower()
        if not in_sentence or (opens and inside != "aside"):
            return kind, head.end()
    if opens and len(bare) < _LONGEST_SENTENCE:
        heading = _heading_kind(bare, inside, marks > 0)
        return (heading, len(sentence)) if heading else None
    return None


def _heading_kind(line: str, inside: Kind, marked: bool) -> Kind | None:
    """Say what a line announces as a whole."""
    if line.rstrip(" \t\r*_").endswith(":") and inside == "plain" and announces(line):
        return "summary"
    asks = line.rstrip().endswith("?") and not marked
    if asks or is_first_person(line) or is_confirmation(line):
        return None
    return label_of(line, own_line=True, colon=False)


def _bare(sentence: str) -> str:
    """Remove marks of headings, lists, emphasis, and an opening quote from the beginning."""
    marks = _MARKS.match(sentence)
    return sentence[marks.end() :] if marks else sentence
