"""Finds the summary in what a model wrote, without what it says about the summary.

Later rounds introduce a summary ("Sure! Here is a more precise version:"), repeat an earlier one,
and comment on it ("I removed the date."). A response is read sentence by sentence: a *label* opens
a section, a *remark* ends one, and all else is text. The last section that is labelled as a
summary wins, then text without a label, then an earlier summary.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ptr_eval.scoring.json_field import json_value
from ptr_eval.scoring.framing_words import (
    is_confirmation,
    is_remark,
    announces,
    label_of,
    opens_with_first_person,
    without_preface,
)

Kind = Literal["summary", "plain", "earlier", "aside"]

_LONGEST = 100_000  # characters that are read
_SEPARATOR = re.compile(r"[-=*_~#>\s]+|(?:`{3,}|~{3,})\s{0,3}\w{0,20}")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]*_]{0,4}\s+(?=\S)")
_HEAD = re.compile(
    r"[^:：\n]{0,200}?(?:[:：]|\s[-–—](?=\s))(?:[ \t]?(?:\*{1,3}|_{1,3})(?=\s|\Z))?[ \t]*"
)
_BOLD = re.compile(r"(?:\*\*|__)[^*_\n]{1,80}(?:\*\*|__)(?: ?[:：–—-])?[ \t]*")
_SYMBOLS = "•→-⇿☀-➿⬀-⯿\\ufe0f\\U0001F300-\\U0001FAFF"
_MARKS = re.compile(rf"(?:[#>*_{_SYMBOLS}]|[-+](?=\s)|\s)*[(\[\"“']?")
_INLINE_TAG = re.compile(r"</?(?:b|strong|em|i|u)>", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"</?(?:p|br|div|h[1-6])\s?/?>", re.IGNORECASE)
_BULLET = re.compile(rf"(?:[-+*]|1[.)]|[{_SYMBOLS}]+)\s+(?=\S)")
_LATEX = re.compile(r"\\(?:boxed|text|textbf)\{(.*)\}", re.DOTALL)
_TAG = re.compile(r"<(/?)((?:\w{1,20}[_ -])?(?:summary|answer|response|output))>", re.IGNORECASE)
_BLOCK_QUOTE = re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE)
_WORD_COUNT = re.compile(
    r"[(\[*_]{1,3}(?:word count: ?)?\d+ words?\.?[)\]*_]{1,3}\Z", re.IGNORECASE
)
_QUOTED = re.compile(r"[\s>*_]*[\"“„«]")
_TITLE_IN_QUOTES = re.compile(r"[\s>*_]*[\"“„«][*_]*[\w -]{3,40}:")
_EMPHASIS = " \t\r*_"
_QUOTE = re.compile(r"[\"“”„«»]")
# A summary that is a quotation in the first person keeps its quotes.
_SPOKEN = re.compile(r".(?:I|We|My|Our)\b")
_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“", "'": "'", "‘": "’"}


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

    def add(self, start: int, end: int) -> None:
        self.start, self.end = (self.start if self.end else start), end


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
    sections, confirms = _read(text)
    section = _best(sections)
    if section is not None:
        found = text[section.start : section.end].strip()
        found = _unwrap(found, framed=found != whole)
        return _found(response, found, "whole response" if found == whole else "without framing")
    if confirms:
        return FoundSummary(whole, "confirms an earlier answer", kept=True)
    return _found(response, whole, "whole response" if whole else "empty response")


def _found(response: str, summary: str, how: str) -> FoundSummary:
    start = response.rfind(summary)
    return FoundSummary(summary, how, (start, start + len(summary)) if start >= 0 else None)


def _best(sections: list[_Section]) -> _Section | None:
    """Return the section with the summary: labelled ones before others, the last before others."""
    filled = [section for section in sections if section.end]
    of = {kind: [s for s in filled if s.kind == kind] for kind in ("summary", "plain", "earlier")}
    best = of["summary"][-1:] or of["plain"][:1] or of["earlier"][-1:]
    return best[0] if best else None


def _names_summary(key: str) -> bool:
    return label_of(key.replace("_", " "), own_line=True) == "summary"


def _tag_as_label(tag: re.Match[str]) -> str:
    return "\nNotes:\n" if tag[1] else f"\n{re.sub('[_-]', ' ', tag[2])}:\n"


def _read(text: str) -> tuple[list[_Section], bool]:
    """Divide a text into sections; say whether a sentence confirms an earlier answer."""
    sections = [_Section("plain")]
    confirms = False
    position = 0
    for line in text.split("\n"):
        start, position = position, position + len(line) + 1
        if not line.strip() or _SEPARATOR.fullmatch(line):
            _end_paragraph(sections)
            continue
        confirms = _read_line(text, start, start + len(line), sections) or confirms
    return sections, confirms


def _end_paragraph(sections: list[_Section]) -> None:
    """End an earlier summary, or what comes before any summary, at a blank line."""
    last = sections[-1]
    introduces = last.kind == "aside" and not any(
        section.end for section in sections if section.kind in ("plain", "summary")
    )
    if last.end and (last.kind == "earlier" or introduces):
        sections.append(_Section("plain"))


def _read_line(text: str, start: int, end: int, sections: list[_Section]) -> bool:
    """Add the sentences of a line to the sections; say whether one of them is a confirmation."""
    confirms, opens, quotes = False, True, 0
    while start < end:
        boundary = _SENTENCE_END.search(text, start, end)
        stop = boundary.end() if boundary else end
        sentence = text[start:stop]
        found = _find_label(sentence, opens, sections[-1].kind)
        if found is not None:
            kind, length = found
            sections.append(_Section(kind))
            start += length
            continue
        bare = _bare(sentence)
        last = sections[-1]
        quoted = quotes % 2 == 1 or _QUOTED.match(sentence)
        quotes += len(_QUOTE.findall(sentence))
        if not quoted and is_remark(bare, after_text=bool(last.end), opens_line=opens):
            confirms = is_confirmation(without_preface(bare)) or confirms
            if last.end and last.kind != "aside":
                sections.append(_Section("plain" if last.kind == "earlier" else "aside"))
        else:
            last.add(start, stop)
        start, opens = stop, False
    return confirms


def _find_label(sentence: str, opens: bool, inside: Kind) -> tuple[Kind, int] | None:
    """Find what a sentence announces, and the length of the announcement."""
    if _QUOTED.match(sentence) and not _TITLE_IN_QUOTES.match(sentence):
        return None
    bare = _bare(sentence)
    skipped = len(sentence) - len(bare)
    for offset, head in (
        (len(sentence) - len(sentence.lstrip()), _BOLD.match(sentence.lstrip())),
        (skipped, _HEAD.match(bare)),
    ):
        kind = head and label_of(head[0], own_line=opens)
        if head is None or kind is None:
            continue
        follows = sentence[offset + head.end() :].strip()
        if not (follows[:1].islower() and (inside == "aside" or not opens)):
            return kind, offset + head.end()
    if not opens or len(bare) > 300:
        return None
    if bare.rstrip(_EMPHASIS).endswith(":") and inside == "plain" and announces(bare):
        return "summary", len(sentence)
    if bare.rstrip().endswith("?") and not skipped or opens_with_first_person(bare):
        return None
    kind = None if is_confirmation(bare) else label_of(bare, own_line=True, colon=False)
    return (kind, len(sentence)) if kind else None


def _bare(sentence: str) -> str:
    """Remove marks of headings, lists, emphasis, and an opening quote from the beginning."""
    return sentence[_MARKS.match(sentence).end() :]  # type: ignore[union-attr]


def _unwrap(text: str, framed: bool) -> str:
    """Remove emphasis, quotes and a count of words around a text."""
    for _ in range(4):
        before = text
        text = _WORD_COUNT.sub("", text.strip()).strip()
        if text.startswith(">"):
            text = _BLOCK_QUOTE.sub("", text)
        if "\n" not in text and (bullet := _BULLET.match(text)):
            text = text[bullet.end() :]
        if latex := _LATEX.fullmatch(text):
            text = latex[1]
        for mark in ("**", "__", "*", "_", "`"):
            inner = text[len(mark) : -len(mark)]
            if text.startswith(mark) and text.endswith(mark) and mark not in inner:
                text = inner
            elif mark == "**" and text.count(mark) == 1:
                text = text.removeprefix(mark).removesuffix(mark)
        if _is_quoted(text) and (framed or not _SPOKEN.match(text)):
            text = text[1:-1]
        if text == before or not any(map(str.isalnum, text)):
            break
    return text if any(map(str.isalnum, text)) else before


def _is_quoted(text: str) -> bool:
    """Whether the quote that opens a text is the one that closes at its end."""
    opening, depth = text[:1], 0
    closing = _QUOTES.get(opening)
    if closing is None or not text.endswith(closing):
        return False
    for place, character in enumerate(text):
        if character not in (opening, closing):
            continue
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if before.isalnum() and after.isalnum():  # an apostrophe
            continue
        opens = character == opening and (
            opening != closing or (not before or before in " (\n" + opening) and after.strip() != ""
        )
        depth += 1 if opens else -1
        if depth == 0:
            return place == len(text) - 1 and place > 1
    return False
