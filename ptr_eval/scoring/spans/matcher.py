"""Reads short texts as values of statements: names, dates, lists of spans."""

import re
from dataclasses import dataclass

from ptr_eval.scoring.answers.boxes import find_boxes
from ptr_eval.scoring.answers.sentences import split_sentences
from ptr_eval.scoring.answers.statement import Value
from ptr_eval.scoring.answers.text_matcher import TextMatcher

LONGEST = 2_000
"""How many characters of an answer are compared."""

_SHORT = 12  # words; a longer response has an answer only if it states one
_FEW = 5  # words of a first line that is the answer and is followed by an explanation
# What follows an answer in its sentence: a reason, a contrast, an aside.
_REASON = re.compile(
    r",\s+(?:(?<!as well )as (?!well)|having|given|with|calculated|computed|found|obtained)\b.*"
    r"|,?\s+(?:calculated as|given the|"
    r"so|of which|of whom|that (?:is|was|has|had|won|lost|\w+ed)|and not|but|not|rather than|"
    r"instead of|although|though|while)\b.*|,?\s+(?:i\.e\.|that is,).*"
    r"|;\s+(?:he|she|they|it|this|that|there|the|a|in|as|because|since)\b.*"
    r"|;\s+[A-Z]\w+\s(?:is|was|lost|won|has|had)\b.*|\s[\u2014\u2013-]\s.*"
    r"|,\s+(?:the\s+(?:\w+\s)?answer|it|he|she|they|this)(?:'s|\s).*|\s*</.*|\s>\s.*|\s*\[\d{1,2}\]"
    r"|;\s+(?:if|when)\b.*|\s(?:is|was)\s(?:false|wrong|incorrect|not|right|correct)\b.*"
    r"|[,;:]?\s+\(?(?:because|since|which|who|whereas|according to|based on|as (?:stated|mentioned|"
    r"given|per|the passage)|in the passage|from the passage)\b.*|\s*[\u3002\uff01].*",
    re.IGNORECASE | re.DOTALL,
)
_ASIDE = re.compile(r"\s+\([^()]{0,300}\)(?=\s*(?:\Z|,|and\b))")
_LEAD = re.compile(
    r"\A(?:(?:still|indeed|therefore|thus|clearly|simply|both|that|[A-Z]\s=)\s+)+", re.IGNORECASE
)
_SUM = re.compile(
    r"\A[-+*/x\u00d7\u2212\u2013\d.,\s$()]*=\s*(?=[-$\d])"
    r"|\A[\d.,\s$()]+[-+*/x\u00d7][-+*/x\u00d7\d.,\s$()]*,? which (?:is|makes)\s*(?=[-$\d])"
    r"|\A\d[\d.,]*\s(?:minus|plus|times|divided by)\s[^.;]*?(?:,? which (?:is|makes)|=)\s*"
    r"(?=[-$\d])"
)
_ITEM = re.compile(r"\s{0,4}(?:[-*\u2022]|\(?(?:\d{1,2}|[a-z])[.)])\s+(\S.{0,200})")
_MARKUP = re.compile(r"\\text[a-z]{0,2}\{([^{}]*)\}|[*_`$]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
_UNANSWERED = re.compile(r"[:!?#\n]|\bstep\b|^let", re.IGNORECASE)
_REFUSED = re.compile(
    r"\b(?:sorry|cannot|can't|unable|unknown|no answer|insufficient|"
    r"not (?:know|sure|given|stated|mentioned|enough|in the)|don't know)\b",
    re.IGNORECASE,
)
_IS = re.compile(
    r"\A(?:(?:it|that|this|he|she|they|there)(?:'s|\s+(?:is|was|were|are))"
    r"|the\s[^.,;:!?]{1,60}?\s(?:is|was|are|were))\s+(?!not\b)",
    re.IGNORECASE,
)
_ENDS_EARLY = re.compile(
    r"\A(?:in|from|on|at|to|by|about|for|of|correct|right|wrong|the same|impossible|false|true)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"(?:could|can|would|please)\b.*\?", re.IGNORECASE)
_QUOTES = " \t\"'*_`\u201c\u201d\u2018\u2019"


@dataclass(frozen=True, slots=True)
class SpanMatcher(TextMatcher):
    """Reads spans."""

    def read(self, start: int, end: int, *, named: bool) -> Value | None:
        """Read the span that is announced at a place, or the list below it."""
        if self.is_blank(start, end):
            listed = _list_items(self.text[end:][:LONGEST])
            start, end = self.next_line(end)
            if listed:
                return Value(start, start + 1, listed.lower(), listed)
        start -= self.text[start - 1 : start] == "." and self.text[start : start + 1].isdigit()
        vague = re.search(
            r"(?:roughly|about|approximately|approx\.|around) \Z", self.text[:start][-16:]
        )
        start -= len(vague[0]) if vague else 0
        for first, last in self.boxes:
            if start <= first <= start + 12:
                return self.read_box(first, last)
        if self.text[end : end + 1] == ";":  # a list goes on
            end = self.line_end(end)
        part = self.text[start:end]
        quoted = re.match(
            r"\s*([\"'])(.{1,300}?)\1(?=\s*(?:[,}.;)\]<]|\Z))"
            r"(?!\s*,\s*([\"'])[^\"':]*\3\s*(?:[^:\s]|\Z))",
            part,
        )
        if quoted:
            return self._value(start + quoted.start(2), quoted[2])
        return self._value(start, part)

    def read_box(self, start: int, end: int) -> Value | None:
        """Read the span in a box."""
        return self._value(start, self.text[start:end])

    def read_back(self, start: int, end: int) -> Value | None:
        """Read the span that ends before a predicate."""
        part = self.text[start:end].strip(" ,\"'()*")
        if (
            not part
            or len(part.split()) > 6
            or re.search(r"(?i)\b(?:answer|i|it|that|this|which|what|there)\b", part)
        ):
            return None
        return self._value(start + self.text[start:end].index(part), part)

    def guess(self, start: int) -> tuple[Value, str] | None:
        """Read a response that is short, or its first line if that is very short."""
        text = self.text[start:].strip()
        listed = _list_items(text[:LONGEST])
        if start or (not listed and self._hedges(text[:LONGEST])):
            return None
        place = self.text.find(text, start)
        refused = _REFUSED.search(text[:LONGEST]) or _REQUEST.match(text)
        if refused or re.search(r"(?i)\banswer\b", text[:LONGEST].split("\n\n")[0]):
            return None
        if "\n\n" not in text and len(text.split()) <= _SHORT and len(text) <= LONGEST:
            lines = text.split("\n")
            listed = _list_items(text) or (
                ", ".join(lines) if 1 < len(lines) < 5 and all(lines) else ""
            )
            shown = _IS.sub("", lines[0])
            value = (
                self._value(place, text, item=listed)
                if listed
                else self._value(place + lines[0].index(shown), shown)
            )
            if value:
                return value, "whole response"
        if any(
            s.mark == "?" or re.search("i[^C]", s.kinds)
            for s in split_sentences(text[:LONGEST], self.vocabulary, initials=True)
        ):
            return None
        opening = text[:LONGEST].split("\n\n", 1)[0]
        if len(opening.split()) <= _FEW and not _UNANSWERED.search(opening):
            value = self._value(place, opening)
            if value:
                return value, "first line"
        return None

    def _hedges(self, text: str) -> bool:
        """Whether a text doubts, denies, asks or is about its writer, or has several sentences."""
        lines = text.split("\n\n", 1)[0]
        sentences = list(split_sentences(lines, self.vocabulary, initials=True))
        spoken = any(
            re.search("[HINWZBhKM]|i[^C]", s.kinds)
            or (s.mark == "?" and re.search("(?:^|:)(?:L|.?[WH])", s.kinds))
            for s in sentences
        )
        return spoken or sum(sentence.mark != "\n" for sentence in sentences) > 1

    def write(self, value: Value) -> str:
        """Write a value plainly."""
        return str(value.item)

    def _value(self, start: int, part: str, item: str = "") -> Value | None:
        part = part[:LONGEST]
        answer = item or _strip_answer(part)
        if not answer or not any(c.isalnum() for c in answer) or _ENDS_EARLY.match(answer):
            return None
        place = part.find(answer)
        begin, end = (
            (start + place, start + place + len(answer))
            if place >= 0
            else (start, start + len(part))
        )
        decided = not re.search(
            r"[\"*]*,?\s(?:or|and/or)\s(?:maybe |perhaps |possibly )?[\"*]*[A-Z\d]", answer
        )
        solid = any(c.isupper() or c.isdigit() for c in answer)
        return Value(begin, end, answer.lower(), answer, decided, solid)


def _list_items(text: str) -> str:
    """Read answers on lines of their own as a list; empty if there are fewer than two."""
    items = []
    for line in text.strip().split("\n"):
        item = _ITEM.match(line)
        if item is None:
            break
        items.append(_strip_answer(item[1]))
    return ", ".join(items) if len(items) > 1 else ""


def _strip_answer(answer: str) -> str:
    r"""Remove what surrounds an answer: markup, quotes, \boxed, reasons and asides."""
    for start, end in find_boxes(answer)[-1:]:
        answer = answer[start:end]
    answer = (
        _MARKUP.sub(r"\1", answer).strip().lstrip(":=-([ ").strip()
        if not re.match(r"\s*-\d", answer)
        else _MARKUP.sub(r"\1", answer).strip()
    )
    calculated = _SUM.sub("", answer)
    shorter = _ASIDE.sub("", _REASON.sub("", _ASIDE.sub("", calculated))).strip()
    answer = _SUM.sub("", _LEAD.sub("", shorter or calculated))
    answer = answer.strip(_QUOTES).removesuffix(".").strip(_QUOTES)
    return (
        answer[:-1]
        if answer.endswith((")", "]"))
        and answer.count("(") + answer.count("[") < answer.count(")") + answer.count("]")
        else answer
    )
