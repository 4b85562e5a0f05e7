r"""Finds where a response states its final answer: "The answer is", "Answer:", "####", a tag.

It also finds `\boxed{}`, and removes the further question that base models write after their
answer. It does not know what an answer looks like. Every search takes time linear in the response.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["hash", "label", "is", "boxed"]

# Only the last few statements are tried, because a text may repeat one a million times.
_TRIED = 40
_REST = 2_000
_SEARCHED = 200_000

_STATEMENT = re.compile(
    r"""
      (?P<hash>\#{4}(?!\#))
    | (?P<tag><(?:final[_ ]?)?answer>)
    | (?P<field>"(?:final[_ ]?)?answer"[ ]?:)
    | (?P<a>^[ \t*_>]{0,6}(?-i:A)[*_]{0,3}:[*_]{0,3})
    | (?P<heading>^[ \t\#*_>]{0,8}(?:final[ \t])?answer[*_ \t]{0,4}$)
    | \banswers?\b(?:[ ]\([^()\n]{0,40}\))?
      (?: (?P<label>[*_]{0,3}[ \t]{0,3}(?::|=(?!=))[*_]{0,3})
        | [^.:=\n]{0,60}?(?:\b(?P<is>is|are|was|be|equals|remains|stays)\b(?![ ]not\b)(?:[ ]?:)?) )
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_NEXT_QUESTION = re.compile(
    r"^[ \t>#*_\[]{0,8}"
    r"(?:(?:Question|Problem|Human|User|Instruction)[\]*_ ]{0,4}:|Q[*_ ]{0,4}: ?(?=[A-Za-z]))",
    re.MULTILINE,
)
_SENTENCE_END = re.compile(r"[.!?][)\"'*]{0,3}(?=\s|$)|\n")
_ABBREVIATIONS = frozenset("St Dr Mr Mrs Ms Jr Sr No Mt Ft Gen Col Lt Sgt Rs vs approx".split())
_FIELD = re.compile(r'\s{0,9}(?:"((?:[^"\\]|\\.){0,1990})"|([^,"\[\]{}\n]{1,300}))')
_BOX = re.compile(r"\\f?box(?:ed)?[ \t]{0,3}(?:\{|(?=[0-9A-Za-z\\]))")


class AnswerStatement(NamedTuple):
    """One place where an answer is stated."""

    kind: Kind
    """How it is stated."""
    start: int
    """Where it begins in the response."""
    end: int
    """Where `text` begins in the response."""
    text: str
    """The text that follows, at most 2,000 characters; for `boxed`, the content of the box."""


def before_next_question(text: str, working: str = r"\d") -> str:
    """Remove the further question that base models write after few-shot examples."""
    begun = re.search(working, text)
    cut = _NEXT_QUESTION.search(text, begun.end()) if begun else None
    return text[: cut.start()] if cut else text


def last_statements(text: str) -> list[AnswerStatement]:
    """List the statements in words, the last one first."""
    matches = list(_STATEMENT.finditer(text, max(0, len(text) - _SEARCHED)))[-_TRIED:]
    return [
        AnswerStatement(_kind(match), match.start(), match.end(), _after(match, text))
        for match in reversed(matches)
    ]


def _after(match: re.Match[str], text: str) -> str:
    """Return the text after a statement, or the content of its tag or JSON field."""
    rest = text[match.end() : match.end() + _REST]
    if match["tag"]:
        return rest.partition("</")[0].strip()
    field = _FIELD.match(rest) if match["field"] else None
    return (field[1] or field[2] or "") if field else rest


def _kind(match: re.Match[str]) -> Kind:
    if match["hash"]:
        return "hash"
    return "is" if match["is"] else "label"


def first_sentence(text: str) -> str:
    """Return the text up to the end of its first sentence or line."""
    text = text.strip()
    for end in _SENTENCE_END.finditer(text):
        word = re.search(r"[A-Za-z]*\Z", text[max(0, end.start() - 8) : end.start()])
        abbreviated = word and (len(word[0]) == 1 or word[0] in _ABBREVIATIONS)
        if not (text[end.start()] == "." and abbreviated and text[end.end() :].strip()):
            return text[: end.start()]
    return text


def boxes(text: str) -> Iterator[AnswerStatement]:
    r"""Find the boxed answers, the last one first."""
    skipped = max(0, len(text) - _SEARCHED)
    text = text[skipped:]
    opens = list(_BOX.finditer(text))
    closed_by = _closing_braces(text) if opens else {}
    found: list[AnswerStatement] = []
    for match in opens:
        if found and match.start() < found[-1].end + len(found[-1].text):
            continue
        if match[0][-1] != "{":
            bare = re.compile(r"[^\s$.,;]{1,200}").match(text, match.end())
            content = bare[0] if bare else ""
        elif match.end() - 1 in closed_by:
            content = text[match.end() : closed_by[match.end() - 1]]
        else:
            continue
        found.append(AnswerStatement("boxed", match.start(), match.end(), content))
    for box in reversed(found):
        yield box._replace(start=box.start + skipped, end=box.end + skipped)


def _closing_braces(text: str) -> dict[int, int]:
    """Pair the unescaped braces: opening position to closing position."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if brace[0] == "{":
            stack.append(brace.start())
        elif brace[0] == "}" and stack:
            pairs[stack.pop()] = brace.start()
    return pairs
