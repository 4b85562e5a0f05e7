"""Splits a response where it goes on to another question.

Base models write a further question after their answer, and chat models restate their own question
before it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_HEADING = re.compile(
    r"^\W{0,6}(?:(?:next |new )?(?:question|problem|exercise|passage)|Q|human|user|input|"
    r"instruction|问题|题目)(?: ?#?\d{1,4})?\W{0,3}(?:[:)]|(?<=\d)\.|$)"
    # "Now, let's summarize all the answers": few-shot questions answered again
    r"|^[^\n]{0,30}(?:summari[sz]e|summari[sz]ing|combin(?:e|ing)|considering|总结)[^\n]{0,20}"
    r"(?:all the (?:answers|questions)|答案)\b"
    r"|^(?:<\|im_start\|>user|\[INST\]|The following (?:is|are) )",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT_PARAGRAPH = re.compile(r"\n\s*\n")
_ASKS = re.compile(
    r"(?:how|what|which|who|when|where|find|determine|calculate|compute)\b[^.?!\n]{0,200}\?\s*(?:\n|\Z)",
    re.IGNORECASE,
)
_ANSWERED = re.compile(r"\#{4}|box|answer|答", re.IGNORECASE)
_OWN_WORDS = re.compile(
    r"\b(?:I|my|let|wait|but|answer|check|verify|right|correct|sure|option|so|this|that)\b",
    re.IGNORECASE,
)
_RESTATING = re.compile(
    r"\b(?:question|problem|review|reconsider|re-?read|re-?check|again|previous|earlier|restate|"
    r"task|asked)\b",
    re.IGNORECASE,
)
_SHORT = 240


def split_questions(text: str, most: int) -> Iterator[tuple[int, str, bool]]:
    """Yield the parts of a response: where each begins, its text, and whether it is the last."""
    starts = sorted({0, *(found.start() for found in _HEADING.finditer(text)), *_unmarked(text)})
    edges = [*starts[:most], len(text)]
    for start, end in pairwise(edges):
        yield start, text[start:end], end == len(text)


def begins_with_heading(part: str) -> bool:
    """Whether a part begins with a heading such as "Question:"."""
    return bool(_HEADING.match(part))


def restates_question(part: str) -> bool:
    """Whether a part only leads to the question, which is then restated."""
    part = part.strip()
    return len(part) < _SHORT and (part.endswith(":") or bool(_RESTATING.search(part)))


def _unmarked(text: str) -> Iterator[int]:
    """Yield where a paragraph asks a further question without a heading, after the first one."""
    if "?" not in text:
        return
    place = 0
    ends = [*_NEXT_PARAGRAPH.finditer(text), None]
    for gap in ends:
        if place:
            paragraph = text[place : gap.start() if gap else len(text)]
            asked = _ASKS.search(paragraph[:1_500])
            if (
                asked
                and _ANSWERED.search(text, 0, place)
                and not _OWN_WORDS.search(paragraph[: asked.end()])
            ):
                yield place
        place = gap.end() if gap else place
