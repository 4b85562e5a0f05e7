"""Finds the mathematical answer of a response: boxed, stated in words, or the last formula."""

import re
from typing import NamedTuple

from ptr_eval.scoring.statements import (
    AnswerStatement,
    before_next_question,
    boxes,
    first_sentence,
    last_statements,
)

MAX_LENGTH = 2_000
"""The longest answer, in characters, that is compared otherwise than as text."""
_TAIL = 4_000
_FORMULA = re.compile(
    r"\$\$(?P<a>.{1,2000}?)\$\$|(?<!\\)\$(?P<b>(?:\\[$]|[^$]){1,2000}?)(?<!\\)\$"
    r"|\\\[(?P<c>.{1,2000}?)\\\]|\\\((?P<d>.{1,2000}?)\\\)"
    r"|(?P<e>\\begin\{(?:align|equation|gather)\*?\}.{1,2000}?\\end\{(?:align|equation|gather)\*?\})",
    re.DOTALL,
)
# Between two answers given together: "\boxed{1} and \boxed{2}".
_JOINT = re.compile(
    r"[\s$.\\()\[\]]{0,12}(?:,|;|and|or|,\s?and|,\s?or)[\s$\\()\[\]]{0,12}(?:[a-z]\s?=\s?)?"
)
_END_MARK = re.compile(r"^[\s$\\()\[\]]*(?:blacksquare|square|checkmark|qed)[\s$\\()\[\]]*$")
_ENGLISH = re.compile(r"(?<![\\A-Za-z{])(?!sqrt|sin|cos|tan|log|pi\b)[A-Za-z]{2,}")
_LINK = re.compile(r"\b(?:is|are|equals):?\s{0,3}(?=\$|\\[(\[])")
MATHS_SIGN = re.compile(r"[0-9\\$]")
"""Matches what shows that a text is mathematical."""


class FoundAnswer(NamedTuple):
    """An answer found in a response."""

    text: str
    """The answer, or the text that contains it."""
    how: str
    """The rule that found it."""
    prose: bool
    """Whether `text` is prose, in which math-verify has to find the answer."""


def find_answer(response: str) -> FoundAnswer | None:
    r"""Find the answer: the last `\boxed{}`, else the last stated one, else the last formula."""
    text = before_next_question(response, working=MATHS_SIGN.pattern)
    boxed = _joined_boxes(text)
    if boxed:
        return FoundAnswer(boxed, "boxed", False)
    for statement in last_statements(text):
        stated = _stated(statement)
        if stated:
            return stated
    tail = text[-_TAIL:]
    formula = _formulas(tail, last=True)
    if formula:
        return FoundAnswer(formula, "last formula", False)
    if any(character.isalnum() for character in tail):
        return FoundAnswer(tail[-MAX_LENGTH:], "last expression (math-verify)", True)
    return None


def gold_answer(gold: str) -> str:
    """Take the right answer out of a solution, if it is boxed there."""
    boxed = _joined_boxes(gold) if "box" in gold else None
    if not (boxed or gold.strip()):
        raise ValueError("the gold answer is empty")
    return boxed or gold


def _joined_boxes(text: str) -> str | None:
    """Read the last box, and the boxes that are given together with it."""
    parts: list[AnswerStatement] = []
    for box in boxes(text):
        if parts:
            end = box.end + len(box.text)
            if not _JOINT.fullmatch(text[end + 1 : min(parts[-1].start, end + 60)]):
                break
        if box.text.strip():
            parts.append(box)
    if not parts:
        return None
    joined = ", ".join(part.text for part in reversed(parts))
    inner = _joined_boxes(joined) if "box" in joined and len(joined) <= MAX_LENGTH else None
    return inner or joined


def _stated(statement: AnswerStatement) -> FoundAnswer | None:
    """Read the answer of a statement in words."""
    text = statement.text.lstrip(" \t\n*_:")
    sentence = first_sentence(text).strip(" *_")
    formula = _FORMULA.search(text)
    limit = len(sentence) if statement.kind == "is" else min(len(sentence), 60)
    if formula and formula.start() < limit:
        # "Answer: The domain of $f$ is $x>2$".
        link = _LINK.search(sentence, formula.end()) if formula.start() > 0 else None
        if link and statement.kind == "label" and _FORMULA.match(text, link.end()):
            text = text[link.end() :]
        return FoundAnswer(_formulas(text, last=False) or "", "stated", False)
    if not sentence:
        return None
    if len(_ENGLISH.findall(sentence)) > 3 or (
        MATHS_SIGN.search(sentence) and _ENGLISH.search(sentence)
    ):
        return FoundAnswer(sentence, "stated", True) if MATHS_SIGN.search(sentence) else None
    return FoundAnswer(sentence, "stated", False)


def _formulas(text: str, *, last: bool) -> str | None:
    """Read the first or last formula of a text, and the formulas given together with it."""
    matches = [match for match in _FORMULA.finditer(text) if not _END_MARK.search(match[0])]
    if not matches:
        return None
    if last:
        matches.reverse()
    chosen = [matches[0]]
    for match in matches[1:]:
        before, after = (match, chosen[-1]) if last else (chosen[-1], match)
        if not _JOINT.fullmatch(text[before.end() : after.start()]):
            break
        chosen.append(match)
    parts = [next(filter(None, match.groups())).strip() for match in chosen]
    return ", ".join(reversed(parts) if last else parts)
