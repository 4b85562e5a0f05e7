r"""Write mathematical answers alike: `tidy` for a parser, `key` to compare as strings.

Only notation is changed (`\dfrac` is `\frac`, `\left(` is `(`, units and dollars are left out);
nothing is evaluated. Also tells a tuple "(1,2)" from a list "1,2", and reads plain numbers.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2010\u2011\uff0d\ufe63", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\n\r\t", " "),
        **dict.fromkeys("\u200b\u2060\ufeff\0", None),
        **{"π": r"\pi ", "∞": r"\infty ", "\u00d7": r"\times ", "·": r"\cdot ", "÷": "/"},
        **{
            "≤": r"\le ",
            "≥": r"\ge ",
            "≠": r"\ne ",
            "\u222a": r"\cup ",
            "∩": r"\cap ",
            "∈": r"\in ",
        },
        **{"²": "^{2}", "³": "^{3}", "½": r"\frac{1}{2}", "√": r"\sqrt ", "±": r"\pm "},
        **{"θ": r"\theta ", "°": r"^{\circ}"},
    }
)
_TEXT = r"\\(?:text|mathrm|textrm|mbox|textbf|mathbf|hbox)"
_TEXT_UNIT = rf"{_TEXT}\s?\{{[ ~]*[A-Za-z][A-Za-z .~/]*\}}"
_UNIT = rf"(?:{_TEXT_UNIT}(?:\s?/\s?{_TEXT_UNIT})?)"
# One letter may be a variable.
_BARE_UNIT = (
    r"(?:[kcmd]m|km/h|m/s|mph|[km]g|ml|sec(?:ond)?s?|min(?:ute)?s?|hours?|days?|inch(?:es)?|"
    r"f(?:oo|ee)t|degrees?|dollars?|cents?|units?)"
)
_RULES = [
    (re.compile(r"(?<!\\)\\(?:\(|\)|\[|\]|displaystyle(?![A-Za-z]))|\*\*|`"), " "),
    (re.compile(r"(?<!\\)\\[$]|[$]"), ""),
    (re.compile(r"(?<!\\)\\! ?"), ""),
    (re.compile(r"\{,\}"), ","),
    (re.compile(rf"(?<=[0-9]) ?\^? ?\{{? ?(?:{_TEXT} ?\{{)? ?(?:st|nd|rd|th) ?\}}{{0,2}}\Z"), ""),
    (re.compile(r"\\q?quad\s?(?=[A-Za-z]\s?=)"), ", "),
    (re.compile(r"(?<!\\)\\[,;: ]|~|\\q?quad(?![A-Za-z])"), " "),
    (re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)\s?(?=[\[\]()|.\\{}<>])\.?"), ""),
    (re.compile(r"\\[dtc]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\(le|ge|ne)q(?![A-Za-z])"), r"\\\1"),
    (re.compile(r"\\frac\s?([0-9])\s?([0-9])"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s?([0-9])\s?(?=\{)"), r"\\frac{\1}"),
    (re.compile(r"\\frac\s?\\pi(?![A-Za-z])\s?(?=[0-9A-Za-z{\\])"), r"\\frac{\\pi}"),
    (re.compile(r"\\frac\s?([0-9])\s?\\pi(?![A-Za-z])"), r"\\frac{\1}{\\pi}"),
    (re.compile(r"\A(-?[0-9]{1,9}) ([0-9]{1,9})/([0-9]{1,9})\Z"), r"\1\\frac{\2}{\3}"),
    (re.compile(r"\\pmod\s?(?:[0-9]|\{[^{}]{1,20}\})\s?\Z"), ""),
    (re.compile(r"\\varnothing(?![A-Za-z])"), r"\\emptyset"),
    (
        re.compile(
            rf",\s?(?:{_TEXT}\s?\{{\s?)?(?:and|or)(?: ?\}}|(?= ?[-0-9$\\({{])|(?= [a-z] ?=))"
        ),
        ", ",
    ),
    (re.compile(r"(\\frac\{[^{}]{1,80}\})\s?([0-9A-Za-z])(?![}])"), r"\1{\2}"),
    (re.compile(r"\\sqrt\s?([0-9A-Za-z])"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\A-Za-z])sqrt\s?[({]([^(){}]{1,80})[)}]"), r"\\sqrt{\1}"),
    (re.compile(r"\\sqrt\s?\(([^(){}]{1,80})\)"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\A-Za-z])(pi|theta|infty)(?![A-Za-z])"), r"\\\1"),
    (re.compile(r"\^\s?(?:\\circ(?![A-Za-z])|\{\s?\\circ\s?\})|\\degree(?![A-Za-z])"), ""),
    # The parser knows no signs as indices.
    (re.compile(r"_\s?\{?\s?\\(odot|oplus|otimes|star|ast|perp|bot)(?![A-Za-z])\s?\}?"), r"_{\1}"),
    (re.compile(r"\\%"), "%"),
    # A unit after a number: 5 \text{ cm}^2.
    (re.compile(rf"(?<=[0-9}})%])[ ~]?{_UNIT}(?:\s?\^\s?\{{?[0-9]\}}?)?\s?\Z"), ""),
    (re.compile(rf"(?<=[0-9}}]) {_BARE_UNIT}(?:\s?\^\s?\{{?[0-9]\}}?)?\s?\Z"), ""),
    (re.compile(rf"{_TEXT}\s?\{{([^{{}}]*)\}}"), r"\1"),
    (re.compile(r"(?:\A|(?<=[=(,\[]))\s?\+\s?"), ""),
    (re.compile(r"(?<!\\)\\\Z|(?<=\\\\)\\\\\Z"), ""),
    (re.compile(r" {2,}"), " "),
]
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]{1,60}\.?[0-9]{0,60}|\.[0-9]{1,60})")
_FRACTION = re.compile(
    r"([-+]?)(?:\\frac\{(-?[0-9]{1,60})\}\{([0-9]{1,60})\}|([0-9]{1,60})/([0-9]{1,60}))"
)
_NAMED = re.compile(
    r"(?P<name>\\?[A-Za-z]{1,12}(?:_(?:\w|\\?[A-Za-z]{1,12}|\{[^{}]{1,20}\}))?"
    r"(?:\s?\([^()]{1,20}\))?)\s?(?:=|\\in(?![A-Za-z]))\s?(?P<value>.+)"
)
_ALIGNED = re.compile(r"\\(?:begin|end)\{(?:align(?:ed)?|gather(?:ed)?|equation|split)\*?\}")
_VARIABLE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]")
# Not one chain but several equations: "x=2 or x=3", "x=2 y=3".
_SEVERAL = re.compile(r"\b(?:or|and)\b|[0-9)}] [A-Za-z]\s?=")
_BASED = re.compile(r"([0-9A-F]{1,60})_\{?\(?([0-9]{1,2}|[a-z]{3,9})\)?\}?")
_BASES = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"} | {
    **{"eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "sixteen": "16"}
}
_RELATION = re.compile(r"[=<>]|\\(?:le|ge|ne|in|lt|gt|approx|equiv)(?![A-Za-z])")


def tidy(answer: str) -> str:
    """Write an answer in one notation, spaces kept single."""
    text = answer.translate(_CHARACTERS)
    # One rule can open the way for another; a few rounds settle anything sensible.
    for _ in range(8):
        before = text
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
        text = text.strip(" ").rstrip(".,;: ").lstrip(",;: ")
        if text == before:
            break
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def key(tidied: str) -> str:
    """Reduce a tidied answer to what string comparison should see."""
    text = tidied.replace(" ", "")
    if re.fullmatch(r"\([A-Za-z]\)", text):
        return text[1]
    return text.casefold() if is_words(tidied) else text


def choice(text: str) -> str | None:
    """Read the letter of a chosen option, "(B) 12"."""
    match = re.match(r"\(([A-Z])\)(?!\S)", text)
    return match[1] if match else None


def is_words(text: str) -> bool:
    """Whether an answer is words rather than mathematics."""
    return bool(re.fullmatch(r"[^\W\d_]{2,}(?:[ ,'-]{1,3}\w{1,40})*", text))


def elements(text: str) -> tuple[str | None, list[str]]:
    r"""Take a tuple, an interval or a list apart."""
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
    """The depth of brackets after each character."""
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


def without_name(text: str, other: str) -> str:
    """Drop what an answer is called, "f(x) = 2x", if another answer agrees or has no name."""
    match = _NAMED.fullmatch(text)
    if match is None or _RELATION.search(match["value"]):
        return text
    named = _NAMED.fullmatch(other)
    agrees = named["name"] == match["name"] if named else not _RELATION.search(other)
    return match["value"] if agrees else text


def last_side(text: str, other: str) -> str:
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


def based(text: str) -> tuple[str, str] | None:
    """Read a number written in a base, "2516_8"."""
    match = _BASED.fullmatch(text)
    base = match and (match[2] if match[2].isdigit() else _BASES.get(match[2]))
    return (match[1], base) if match and base else None


def number(text: str) -> tuple[Fraction, int] | None:
    """Read an answer that is one plain number."""
    if _DECIMAL.fullmatch(text):
        return Fraction(text), len(text.partition(".")[2])
    match = _FRACTION.fullmatch(text)
    if match is None:
        return None
    above, below = match[2] or match[4], match[3] or match[5]
    if not int(below):
        return None
    return Fraction(int(match[1] + "1") * int(above), int(below)), -1
