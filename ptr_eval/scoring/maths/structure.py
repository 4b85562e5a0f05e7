r"""Takes normalized answers apart: tuples and lists, equations, numbers in a base, plain numbers.

A tuple "(1,2)" is distinguished from a list "1,2".
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate

from ptr_eval.scoring.maths.phrases import qualifiers

_DECIMAL = re.compile(r"[-+]?(?:[0-9]{1,60}\.?[0-9]{0,60}|\.[0-9]{1,60})")
_FRACTION = re.compile(
    r"([-+]?)(?:\\frac\{(-?[0-9]{1,60})\}\{([0-9]{1,60})\}|([0-9]{1,60})/([0-9]{1,60}))"
)
_NAMED = re.compile(
    r"(?P<name>\\?[A-Za-z]{1,12}(?:_(?:\w|\\?[A-Za-z]{1,12}|\{[^{}]{1,20}\}))?"
    r"(?:\s?\([^()]{1,20}\))?)\s?(?:=|(?P<element>\\in(?![A-Za-z])))\s?(?P<value>.+)"
)
_ALIGNED = re.compile(r"\\(?:begin|end)\{(?:align(?:ed)?|gather(?:ed)?|equation|split)\*?\}")
_VARIABLE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]")
# Several equations, not one calculation: "x=2 or x=3", "x=2 y=3".
_SEVERAL = re.compile(r"\b(?:or|and)\b|[0-9)}] [A-Za-z]\s?=")
_BASED = re.compile(r"([0-9A-F]{1,60})_\{?\(?([0-9]{1,2}|[a-z]{3,9})\)?\}?")
_BASES = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"} | {
    **{"eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "sixteen": "16"}
}
_ELEMENT = re.compile(r"\A[A-Za-z]\s?\\in(?![A-Za-z])\s?")
_INEQUALITY = re.compile(r"[<>]|\\(?:le|ge|ne)(?![A-Za-z])")
_RELATION = re.compile(r"[=<>]|\\(?:le|ge|ne|in|lt|gt|approx|equiv)(?![A-Za-z])")


def option_letter(text: str) -> str | None:
    """Read the letter of a chosen option, "(B) 12"."""
    match = re.match(r"\(([A-Z])\)(?!\S)|\(([a-z])\)\Z", text)
    if match is None or qualifiers(text) or re.search(r"\b(?:or|and)\b", text):
        return None
    return (match[1] or match[2]).upper()


def split_elements(text: str) -> tuple[str | None, list[str]]:
    r"""Split a tuple, an interval or a list; return brackets ("" for a list) and elements."""
    inner = text[2:-2]
    if text.startswith(r"\{") and text.endswith(r"\}") and r"\}" not in inner:
        return "", _split(inner)
    parts = _split(text)
    if len(parts) > 1:
        return "", parts
    inner = text[1:-1]
    brackets = text[:1] + text[-1:]
    if brackets in ("()", "(]", "[)", "[]") and _is_balanced(inner):
        parts = _split(inner)
    return (brackets, parts) if len(parts) > 1 else (None, [text])


def _depths(text: str) -> Iterator[int]:
    """Yield the depth of brackets after each character."""
    return accumulate(1 if c in "([{" else -1 if c in ")]}" else 0 for c in text)


def _split(text: str, mark: str = ",") -> list[str]:
    """Split at the commas, or another mark, outside brackets."""
    marks = [i for i, depth in enumerate(_depths(text)) if not depth and text[i] == mark]
    ends = zip([-1, *marks], [*marks, len(text)], strict=True)
    return [text[start + 1 : end].strip() for start, end in ends]


def _is_balanced(text: str) -> bool:
    """Whether every bracket is closed by one to its right."""
    depths = list(_depths(text)) or [0]
    return min(depths) >= 0 and depths[-1] == 0


def with_commas(text: str) -> str:
    """Write "1; 2" with commas, but not the groups of "x=1,y=2; x=3,y=4"."""
    mixed = len(_split(text)) > 1 and len(_split(text, ";")) > 1
    return text if mixed else text.replace(";", ",")


def without_name(text: str, other: str) -> str:
    """Drop the name in "f(x) = 2x", if another answer has the same name or none."""
    match = _NAMED.fullmatch(text)
    if match is None or _RELATION.search(match["value"]):
        return text
    named = _NAMED.fullmatch(other)
    agrees = (
        named["name"] == match["name"] if named else match["element"] or not _RELATION.search(other)
    )
    return match["value"] if agrees else text


def without_names(text: str, other: str) -> tuple[str, str]:
    """Write "x=3, y=4" and (3,4) in the same form, if one of them at least gives names.

    A tuple has its names in alphabetical order. The order of x_1 and x_2, or x and x, is free.
    """
    pairs, others = _assignments(text), _assignments(other)
    if pairs and others and len({name for name, _ in [*pairs, *others]}) == 1:
        first, second = ([value for _, value in found] for found in (pairs, others))
        return ",".join(first), ",".join(second)
    if pairs and others:
        return ", ".join(map("=".join, pairs)), ", ".join(map("=".join, others))
    brackets, elements = split_elements(other)
    if others or len(pairs) < 2 or len(elements) != len(pairs) or brackets not in ("", "()"):
        return text, other
    letters = {name.partition("_")[0] for name, _ in pairs}
    if len(letters) < len(pairs):
        return ",".join(value for _, value in pairs), other
    if brackets and all(len(name) == 1 for name in letters):
        pairs.sort(key=lambda pair: pair[0].casefold())
    return f"({','.join(value for _, value in pairs)})", f"({','.join(elements)})"


def _assignments(text: str) -> list[tuple[str, str]]:
    """Read "x=3, y=4" or "(x,y)=(3,4)" as pairs of name and value; empty if it is neither."""
    text = text[2:-2] if text.startswith(r"\{") and text.endswith(r"\}") else text
    sides = _split(text, "=")
    if len(sides) == 2 and all(split_elements(side)[0] == "()" for side in sides):
        names, values = (split_elements(side)[1] for side in sides)
        return list(zip(names, values, strict=True)) if len(names) == len(values) else []
    found = [_NAMED.fullmatch(part) for part in _split(text.replace(" and ", ", "))]
    pairs = [(match["name"], match["value"]) for match in found if match]
    named = len(pairs) == len(found) and not any(_RELATION.search(value) for _, value in pairs)
    return pairs if named else []


def joined_conditions(text: str) -> str:
    r"""Write "x<0 or x>2" with \cup, and "x>0 and x<2" with \cap."""
    if not _INEQUALITY.search(text):
        return text
    text = re.sub(r"(?:\s?,)?\s?(?:\bor\b|\\(?:lor|vee)(?![A-Za-z]))\s?", r" \\cup ", text)
    return re.sub(r"(?:\s?,)?\s?(?:\band\b|\\(?:land|wedge)(?![A-Za-z]))\s?", r" \\cap ", text)


def split_sets(text: str) -> tuple[str, list[str]]:
    r"""Split at \cup, else at \cap, else inequalities at commas; return the mark ("") and parts."""
    text = _ELEMENT.sub("", text)
    for mark in (r"\cup", r"\cap"):
        parts = _split(text.replace(mark, "\x00"), "\x00")
        if len(parts) > 1:
            return mark, parts
    parts = _split(text)
    if len(parts) > 1 and all(_INEQUALITY.search(part) for part in parts):
        return ",", parts
    return "", [text]


def calculation_result(text: str, other: str) -> str:
    """Take the result of a calculation, "3 + 4 = 7", if the other answer is not an equation."""
    if _RELATION.search(other) and not _NAMED.fullmatch(other):
        return text
    lines = text
    if _ALIGNED.search(text):
        lines = _ALIGNED.sub(" ", text)
        rows = [row for row in re.split(r"\\\\", lines) if row.strip()]
        if rows and r"\begin" not in lines:
            lines = rows[-1].replace("&", " ")
    if len(_split(lines)) > 1 or _SEVERAL.search(lines):
        return lines.strip()
    sides = _split(lines, "=")
    constant = len(sides) == 2 and not _VARIABLE.search(sides[0])
    calculated = (len(sides) > 2 or constant) and not _RELATION.search(sides[-1])
    return sides[-1] if calculated and sides[-1] else lines.strip()


def read_number_in_base(text: str) -> tuple[str, str] | None:
    """Read the digits and the base of a number such as "2516_8"."""
    match = _BASED.fullmatch(text)
    base = match and (match[2] if match[2].isdigit() else _BASES.get(match[2]))
    return (match[1], base) if match and base else None


def read_plain_number(text: str) -> tuple[Fraction, int] | None:
    """Read an answer that is one number: value and decimal places, -1 for a fraction."""
    if _DECIMAL.fullmatch(text):
        return Fraction(text), len(text.partition(".")[2])
    match = _FRACTION.fullmatch(text)
    if match is None:
        return None
    above, below = match[2] or match[4], match[3] or match[5]
    if not int(below):
        return None
    return Fraction(int(match[1] + "1") * int(above), int(below)), -1
