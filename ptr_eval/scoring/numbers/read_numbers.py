"""Reads the numbers in a text, as exact fractions."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

_MAX_DIGITS = 300
_DIGITS = (
    r"(?:[0-9]{1,3}(?:[,'][0-9]{3})++(?![0-9])|[0-9]{1,2}(?:,[0-9]{2}){1,6},[0-9]{3}(?![0-9])"
    r"|[0-9]{1,3}(?:[ ][0-9]{3})++(?![0-9/])|[0-9]++)"
)
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2010\u2011\uff0d\ufe63", "-"),
        **dict.fromkeys("\u00a0\u2009", " "),
        **dict.fromkeys("\u202f\u200b\u2060\ufeff", None),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        **{"½": " 1/2", "⅓": " 1/3", "⅔": " 2/3", "¼": " 1/4", "¾": " 3/4"},
    }
)
_BRACED = r"\s*\{?\s*(-?[0-9][0-9.,]{0,40})\s*\}?"
# Turns the LaTeX around a number, and calculator annotations, into plain text.
_RULES = [
    (re.compile(r"<<[^<>\n]{0,200}>>|<<[^<>\n]{0,200}\Z"), ""),
    (re.compile(r"\\[dtc]?frac\s*([0-9])\s*([0-9])(?![0-9])"), r" \1/\2"),
    (re.compile(rf"\\[dtc]?frac{_BRACED}{_BRACED}"), r" \1/\2"),
    (re.compile(r"\{,\}|(?<=[0-9])\\[,!;](?=[0-9]{3})"), ","),
    (re.compile(r"\\(?:times|cdot)(?![A-Za-z])|\u00d7"), "*"),
    (re.compile(r"\s?\*\s?10\s?\^\s?\{?\s?([-+]?[0-9]{1,4})\s?\}?"), r"e\1"),
    (re.compile(r"\\div(?![A-Za-z])|\u00f7"), "/"),
    (re.compile(r"\\approx(?![A-Za-z])|≈"), "="),
    (re.compile(r"(?<![0-9.])10\s?\^\s?\{?\s?([0-9]{1,2})\s?\}?"), r"1e\1"),
    (re.compile(r"\^\s?\{?\s?[-+]?[0-9]{1,400}\s?\}?|\*\*"), ""),
    (re.compile(r"\\(?!f?(?:rame)?box)(?:[A-Za-z]{1,40}|[,!;: ()\[\]])|~"), " "),
    (re.compile(r"\\(?=[$%])"), ""),
    (re.compile(r"(?<![A-Za-z0-9_])__(?=[0-9$-])|(?<=[0-9.%])__(?![A-Za-z0-9_])"), ""),
]
_NUMBER = re.compile(
    rf"""
    (?<![0-9A-Za-z_])(?<![0-9]\.)
    (?: (?P<units>[0-9]++)[ ]{{1,3}}(?=[0-9]++/[0-9]) )?+
    (?P<digits>(?:{_DIGITS}(?:\.[0-9]++)?+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?+)
    (?:/(?P<below>[0-9]++(?:\.[0-9]++)?+))?+
    (?!(?:st|nd|rd|th)\b)
    (?:[ ](?P<scale>hundred|thousand|million|billion|trillion)\b)?
    """,
    re.VERBOSE,
)
_SCALES = {
    **{"hundred": 100, "thousand": 1_000, "million": 10**6},
    **{"billion": 10**9, "trillion": 10**12},
}
_CURRENCY = "$£€¥₹"
_MINUS = re.compile(r"(?:(?P<sign>-)|\b(?:minus|negative) ?)\Z", re.IGNORECASE)


class Number(NamedTuple):
    """A number in a text."""

    value: Fraction | None
    """Its exact value; None if it is too long to be an answer or divides by zero."""
    start: int
    """Where its digits begin in the text."""
    end: int
    """Where it ends."""
    divided: bool
    """Whether it was written as a fraction."""

    @property
    def text(self) -> str:
        """The value written plainly: "1200", "2.5", "(unreadable number)"; "7/2" if divided."""
        if self.value is None:
            return "(unreadable number)"
        if self.divided or self.value.denominator == 1:
            return str(self.value)
        above, below, decimals = abs(self.value.numerator), self.value.denominator, 0
        while 10**decimals % below:
            decimals += 1
        digits = str(above * 10**decimals // below).rjust(decimals + 1, "0")
        sign = "-" if self.value < 0 else ""
        return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def in_ascii(text: str) -> str:
    """Write signs, blanks, digits and fractions such as ½ in ASCII."""
    return text.translate(_CHARACTERS)


def plain_text(text: str) -> str:
    """Replace the LaTeX of a short text by plain signs."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def read_numbers(text: str) -> Iterator[Number]:
    """Find all numbers, in order."""
    for match in _NUMBER.finditer(text):
        yield Number(_value(match, text), match.start(), match.end(), bool(match["below"]))


def _value(match: re.Match[str], text: str) -> Fraction | None:
    digits, below = re.sub("[,' ]", "", match["digits"]), match["below"] or "1"
    mantissa, _, exponent = digits.lower().partition("e")
    mantissa = mantissa.lstrip("0") or "0"
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".") or "0"
    exponent = exponent or "0"
    if max(len(mantissa), len(below), len(match["units"] or "")) > _MAX_DIGITS:
        return None
    if abs(int(exponent[:9])) > _MAX_DIGITS or not below.strip("0."):
        return None
    value = Fraction(mantissa) * Fraction(10) ** int(exponent) / Fraction(below)
    value = (value + int(match["units"] or 0)) * _SCALES.get(match["scale"] or "", 1)
    return -value if _is_negative(text, match.start()) else value


def _is_negative(text: str, start: int) -> bool:
    """Whether the number at `start` has a minus sign that does not mean subtraction."""
    before = text[max(0, start - 24) : start].rstrip(_CURRENCY)
    minus = _MINUS.search(before)
    if minus is None:
        return False
    left = before[: minus.start()]
    attached = minus["sign"] and re.search(r"[A-Za-z)%\]]\Z", left)
    return not attached and not re.search(r"[0-9)%\]]\s*\Z", left)
