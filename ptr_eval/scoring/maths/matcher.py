r"""Reads mathematical values of a text: boxes, formulas, plain numbers and words."""

import re
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from ptr_eval.scoring.answers.boxes import find_boxes
from ptr_eval.scoring.answers.statement import Value
from ptr_eval.scoring.answers.text_matcher import TextMatcher

MAX_LENGTH = 2_000
"""The longest answer, in characters, that is compared otherwise than as text."""
MATHS_SIGN = re.compile(r"[0-9\\$]")
"""Matches what shows that a text is mathematical."""

_TAIL = 4_000
_CLOSING = 600
_FORMULA = re.compile(
    r"\$\$(?P<a>.{1,2000}?)\$\$|(?<!\\)\$(?P<b>(?:\\[$]|[^$]){1,2000}?)(?<!\\)\$"
    r"|\\\[(?P<c>.{1,2000}?)\\\]|\\\((?P<d>.{1,2000}?)\\\)"
    r"|(?P<e>\\begin\{(?:align|equation|gather)\*?\}.{1,2000}?\\end\{(?:align|equation|gather)\*?\})",
    re.DOTALL,
)
# Between two answers given together: "\boxed{1} and \boxed{2}".
_JOINT = re.compile(
    r"[\s$.\\()\[\]}]{0,12}(?:(?:,|;|\band\b|\bor\b|\\q?quad|\\text\{[\s,]*(?:and|or)\s*\})"
    r"[\s$\\()\[\]]{0,12}){1,4}(?:[a-z](?:_\{?\w\}?)?\s?=\s?)?(?:\\f?boxed\{)?"
)
_OR = re.compile(r",?\s(?:or|and)(?: possibly| perhaps| maybe)?\s+(?=[-+\d(x-z\\√])")
_END_MARK = re.compile(r"^[\s$\\()\[\]]*(?:blacksquare|square|checkmark|qed)[\s$\\()\[\]]*$")
_ENGLISH = re.compile(r"(?<![\\A-Za-z{])(?!sqrt|sin|cos|tan|log|pi\b)[A-Za-z]{2,}")
_LINK = re.compile(
    r"\b(?:is|are|equals|to be)(?: therefore| thus| then)?:?\s{0,3}(?=\$|\\[(\[]|-?\d)"
)
_LEAD = re.compile(r"[\s*_:\"'\u2248~}]*")
_WORDS = re.compile(r",\s+(?=[a-z]{2,}\b)")
# "cannot be 18", "either 18 or 20", "a student answered 18", "both fit".
_LEFT_OPEN = re.compile(
    r"h|N[vw]{0,2}[EC]|B[twA]{1,3}#|O[^#]{0,4}[SA][^#]{0,2}#|p[vW]*N|#L?[vL]*N|N$|Nd?#|#[^#]{0,4}LN|^v[^#]{0,2}#[^.]*o"
)
_NOT_MEANT = re.compile("[HINBSOh]|#o")
_REJECTED = re.compile(r"\b(?:instead of|rather than|not)[\s$\\(\[]*\\f?boxed\{\Z", re.IGNORECASE)
_ASIDE = re.compile(r"[\s.)}$]*(?:\([^()]*\))?[\s.]*\Z")
_PLAIN = re.compile(
    r"[-+\u2212\u00b1$]?[\d.(\[|\\√π∞x-zk-n](?:[^\s\"]|\s(?=[-+*/^=<>\u2264\u2265\u00d7\u00b7!]|\d)|"
    r"(?<=[-+*/^=<>,\u2264\u2265\u00d7\u00b7])\s)*"
)
_REASON = re.compile(
    r"(?:,?\s+(?:because|since|where|which|as|when|for|so|but|not|rather than|instead of|if)\b"
    r"|[,;]\s+(?:and|the|this|that|not)\b|\s-\s|;).*",
    re.DOTALL | re.IGNORECASE,
)
_LEADS_TO = re.compile(
    r"(?:the |an? |all |equal to )?(?:(?!than|as|in|to|for|with|by|when|from|satisf)\w+ ){0,2}",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z])|\n\s*\n")
_BECAUSE = re.compile(r",?\s+(?:because|since|as|where|so that)\b.*", re.DOTALL)
_NO_RESULT = re.compile(
    r"\b(?:let|set|hint|try|start(?:ing)? with|first|cannot|can't|don't know|cases|unable|"
    r"consider|confidence|probability that (?:this|the|my) answer)\b(?!.*=.*=)",
    re.IGNORECASE,
)
_CLOSERS = re.compile(r"[\s$.\\()\[\]},;:*\"']*\Z")


class MathsAnswer(NamedTuple):
    """An answer as the comparison needs it."""

    text: str
    """The answer, or the text that contains it."""
    prose: bool
    """Whether `text` is prose, in which math-verify has to find the answer."""


@dataclass(frozen=True, slots=True)
class MathsMatcher(TextMatcher):
    """Reads mathematical values; `boxes` are groups of boxes that are given together."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Prepare a text for reading."""
        return cls(text, tuple(_groups(text, find_boxes(text))))

    def read(self, start: int, end: int, *, named: bool) -> Value | None:
        """Read the box, formula, number or words that are announced at a place."""
        start, end = self._bounds(start, end)
        for first, last in self.boxes:
            if start <= first <= end and not _ENGLISH.search(self.text, start, first - 7):
                return self.read_box(first, last)
        formula = _FORMULA.search(self.text, start, end + MAX_LENGTH)
        if formula and formula.start() == start:
            return self._formulas(start, end)
        plain = _PLAIN.match(self.text, start, end)
        if plain and not _ENGLISH.search(_WORDS.split(plain[0])[0]):
            return self._plain(plain, end)
        return self._in_words(start, end, formula) if named else None

    def _bounds(self, start: int, end: int) -> tuple[int, int]:
        """Return where a value may begin and end: in the next line where nothing is before it."""
        if self.is_blank(start, end):
            start, end = self.next_line(end)
        closed = self.text.find("</", start, end)
        lead = _LEAD.match(self.text, start)
        return lead.end() if lead else start, closed if closed > start else end

    def _in_words(self, start: int, end: int, formula: re.Match[str] | None) -> Value | None:
        """Read "the domain of $f$ is $x>2$", "12 cm", "Evelyn"."""
        sentence = _REASON.sub("", self.text[start:end]).strip(" *_")
        limit = start + len(sentence)
        if not sentence or self.text[start : start + 2] == ", ":
            return None
        has_formula = formula is not None and formula.start() < limit
        words = len(_ENGLISH.findall(sentence))
        if not has_formula and not (words and MATHS_SIGN.search(sentence)):
            return self._value(start, limit) if words <= 3 else None
        after = formula.end() if formula and has_formula else start
        link = _LINK.search(self.text, after, end) or _LINK.search(self.text, start, end)
        value = self.read(link.end(), end, named=False) if link else None
        if value or (link and has_formula):
            return value
        if formula and has_formula:
            leads = _LEADS_TO.fullmatch(self.text, start, formula.start())
            return (
                self._formulas(formula.start(), end) if leads or self.is_labelled(start) else None
            )
        return self._value(start, limit, prose=True) if self.is_labelled(start) else None

    def _plain(self, plain: re.Match[str], end: int) -> Value | None:
        """Read a plain expression, and those joined to it: "1 or 2"."""
        stop = plain.start() + len(_WORDS.split(_REASON.sub("", plain[0]))[0].rstrip(" .,;:$"))
        while self.text[stop - 1] in ")}" and not _is_balanced(self.text[plain.start() : stop]):
            stop -= 1
        joint = _OR.match(self.text, stop, end)
        more = _PLAIN.match(self.text, joint.end(), end) if joint else None
        if more and not _ENGLISH.match(more[0]):
            one, stop = stop, more.start() + len(_WORDS.split(more[0])[0].rstrip(" .,;:"))
            either = self.text[one : more.start()].strip(", ").startswith("or")
            value = self._value(plain.start(), stop)
            if value and either and not re.search("[=<>]", self.text[plain.start() : stop]):
                return replace(value, decided=False)
            return value
        return self._value(plain.start(), stop)

    def read_box(self, start: int, end: int) -> Value | None:
        """Read a box, and the boxes that are given together with it."""
        inner = find_boxes(self.text[start:end]) if "box" in self.text[start:end] else ()
        if inner and self.text[start:end].lstrip().startswith("\\"):
            start, end = start + inner[0][0], start + inner[-1][1]
        parts = [self.text[a:b] for a, b in find_boxes_in(self.text, start, end)]
        answer = ", ".join(part for part in parts if part.strip())
        before, after = self.text[:start].rfind("\\"), self.text[end + 1 : end + 2]
        if before > 0 and self.text[before - 1] == "(" and after == ")" and "," in answer:
            answer = f"({answer})"
        if not answer.strip():
            return None
        either = re.search(r"\bor\b", self.text[start:end]) if len(parts) > 1 else None
        decided = either is None or "=" in self.text[max(0, start - 12) : end]
        return Value(start, end, answer.strip(), MathsAnswer(answer, False), decided)

    def read_back(self, start: int, end: int) -> Value | None:
        """Read the box, formula or number that ends before a predicate."""
        for first, last in reversed(self.boxes):
            if start <= first and last < end and _CLOSERS.match(self.text[last:end].lstrip("}")):
                return self.read_box(first, last)
        part = self.text[start:end].rstrip(" .,;:*\"'")
        formulas = list(_FORMULA.finditer(part))
        if formulas and formulas[-1].end() == len(part):
            return self._formulas(start + formulas[-1].start(), start + len(part))
        number = re.search(r"(?<![\w.^/])-?\d[\d.,/]*\Z", part)
        return self._value(start + number.start(), start + number.end()) if number else None

    def closes(self, value: Value, end: int) -> bool:
        """Whether nothing follows a value in its sentence."""
        return bool(_CLOSERS.match(self.text[value.end : end]))

    def guess(self, start: int) -> tuple[Value, str] | None:
        """Read the last formula, or leave the last expression to math-verify."""
        begin = max(start, len(self.text) - _TAIL)
        tail = self.text[begin:]
        if not any(c.isalnum() for c in tail) or tail.rstrip().endswith("?"):
            return None
        concluded = self._concluded(begin)
        if concluded:
            return concluded, "last sentence"
        if _NO_RESULT.search(tail[-300:].rsplit("\n\n", 1)[-1]):
            return None
        line = tail.strip()
        if len(line) < 200 and "\n" not in line:
            value = self.read(begin + tail.index(line), len(self.text), named=False)
            if value and _ASIDE.match(self.text, value.end):
                return value, "whole response"
        return self._last_formula(begin) or (None if start else self._last_expression(begin))

    def _last_formula(self, begin: int) -> tuple[Value, str] | None:
        """Read the last formula, and the formulas that are given together with it."""
        tail = self.text[begin:]
        matches = [m for m in _FORMULA.finditer(tail) if not _END_MARK.search(m[0])]
        if not matches or self.leaves_open(_LEFT_OPEN, _CLOSING):
            return None
        first = len(matches) - 1
        while first and _JOINT.fullmatch(tail[matches[first - 1].end() : matches[first].start()]):
            first -= 1
        value = self._formulas(begin + matches[first].start(), len(self.text))
        return (value, "last formula") if value else None

    def _last_expression(self, begin: int) -> tuple[Value, str] | None:
        """Leave the last expression to math-verify."""
        if _FORMULA.search(self.text, begin) or self.leaves_open(_NOT_MEANT, _CLOSING):
            return None
        start = max(begin, len(self.text) - MAX_LENGTH)
        value = self._value(start, len(self.text), prose=True)
        return (value, "last expression (math-verify)") if value else None

    def _concluded(self, begin: int) -> Value | None:
        """Read "the value of $n$ is 12" in the last sentence."""
        tail = self.text[begin:].rstrip()
        last = max(
            (m.end() for m in _SENTENCE_END.finditer(tail, 0, max(0, len(tail) - 2))), default=0
        )
        sentence = _BECAUSE.sub("", tail[last:])
        links = list(_LINK.finditer(sentence))
        if not links or not _FORMULA.search(sentence[: links[-1].end()] + "$1$"):
            return None
        place = begin + last + links[-1].end()
        return self.read(place, begin + last + len(sentence), named=False)

    def write(self, value: Value) -> str:
        """Write a value plainly."""
        return str(value.item.text)

    def _value(self, start: int, end: int, *, prose: bool = False) -> Value | None:
        answer = self.text[start:end]
        if not answer.strip(" .$"):
            return None
        solid = bool(MATHS_SIGN.search(answer)) or answer.strip()[:1].isupper()
        return Value(start, end, answer.strip(" .$"), MathsAnswer(answer, prose), solid=solid)

    def _formulas(self, start: int, end: int) -> Value | None:
        """Read the formula at a place, and the formulas given together with it."""
        matches = list(_FORMULA.finditer(self.text, start, max(end, start) + MAX_LENGTH))
        chosen = matches[:1]
        for match in matches[1:]:
            if not _JOINT.fullmatch(self.text[chosen[-1].end() : match.start()]):
                break
            chosen.append(match)
        parts = [next(filter(None, match.groups())).strip() for match in chosen]
        if not parts:
            return None
        if (
            len(parts) > 1
            and parts[-2].endswith(",")
            and re.search(r"\bor\b", self.text[chosen[-2].end() : chosen[-1].start()])
        ):
            chosen, parts = chosen[-1:], parts[-1:]  # "$8x,$ or $\boxed{C}$" says it again
        answer = ", ".join(parts)
        between = self.text[chosen[0].end() : chosen[-1].start()]
        either = bool(re.search(r"\bor\b", between)) and "=" not in answer
        end = chosen[-1].end()
        return Value(start, end, answer, MathsAnswer(answer, False), decided=not either)


def gold_answer(gold: str) -> str:
    """Take the right answer out of a solution, if it is boxed there."""
    groups = _groups(gold, find_boxes(gold)) if "box" in gold else []
    value = MathsMatcher.of(gold).read_box(*groups[-1]) if groups else None
    if not (value or gold.strip()):
        raise ValueError("the gold answer is empty")
    return str(value.item.text) if value else gold


def _groups(text: str, boxes: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Put boxes together that are given together."""
    groups: list[tuple[int, int]] = []
    for start, end in boxes:
        gap = text[groups[-1][1] + 1 : start] if groups else ""
        rejected = groups and _REJECTED.search(text, max(0, groups[-1][0] - 40), groups[-1][0])
        if groups and not rejected and len(gap) < 60 and _JOINT.fullmatch(gap):
            groups[-1] = groups[-1][0], end
        else:
            groups.append((start, end))
    return groups


def find_boxes_in(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """List the contents of the boxes of a group, which begins in its first box."""
    opened = text.rfind("\\", 0, start)
    found = (
        [(a + opened, b + opened) for a, b in find_boxes(text[opened : end + 1])]
        if opened >= 0
        else []
    )
    return [(a, b) for a, b in found if a >= start and b <= end] or [(start, end)]


def _is_balanced(text: str) -> bool:
    opened, closed = (sum(map(text.count, brackets)) for brackets in ("([{", ")]}"))
    return opened >= closed
