r"""Score GSM8K answers: read the number a response states and compare it exactly.

`strict` reads a stated answer only ("#### 18", "A: 18", "The answer is 18", `\boxed{18}`; the
last one wins) or a response that is nothing but a number; `flexible` falls back on the last
number. Values are exact fractions of bounded size. Number words ("eighteen") and unevaluated
sums are not read.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, NamedTuple

from ptr_eval.scoring.score import Score
from ptr_eval.scoring.statements import (
    Statement,
    before_next_question,
    boxes,
    first_sentence,
    last_statements,
)

Mode = Literal["strict", "flexible"]

_MAX_DIGITS = 300
_WINDOW = 2_000

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2010\u2011\uff0d\ufe63", "-"),
        **dict.fromkeys("\u00a0\u2009", " "),
        **dict.fromkeys("\u202f\u200b\u2060\ufeff", None),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        **{"½": " 1/2", "⅓": " 1/3", "⅔": " 2/3", "¼": " 1/4", "¾": " 3/4"},
    }
)
_GROUP = r"\s*\{?\s*(-?[0-9][0-9.,]{0,40})\s*\}?"
# What a formula writes around a number, and calculator annotations, turned into plain text.
_PLAIN = [
    (re.compile(r"<<[^<>\n]{0,200}>>|<<[^<>\n]{0,200}\Z"), ""),
    (re.compile(r"\\[dtc]?frac\s*([0-9])\s*([0-9])(?![0-9])"), r" \1/\2"),
    (re.compile(rf"\\[dtc]?frac{_GROUP}{_GROUP}"), r" \1/\2"),
    (re.compile(r"\{,\}|(?<=[0-9])\\[,!;](?=[0-9]{3})"), ","),
    (re.compile(r"\\(?:times|cdot)(?![A-Za-z])|\u00d7"), "*"),
    (re.compile(r"\s?\*\s?10\s?\^\s?\{?\s?([-+]?[0-9]{1,4})\s?\}?"), r"e\1"),
    (re.compile(r"\\div(?![A-Za-z])|\u00f7"), "/"),
    (re.compile(r"\\approx(?![A-Za-z])|≈"), "="),
    (re.compile(r"\^\s?\{?\s?[-+]?[0-9]{1,400}\s?\}?|\*\*"), ""),
    (re.compile(r"\\(?:[A-Za-z]{1,40}|[,!;: ()\[\]])|[{}~]"), " "),
    (re.compile(r"\\(?=[$%])"), ""),
    (re.compile(r"(?<![A-Za-z0-9_])__(?=[0-9$-])|(?<=[0-9.%])__(?![A-Za-z0-9_])"), ""),
]
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])|[0-9]++)"
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
_LINK = re.compile(r"\b(?:is|are|was|were|equals)\s(?=[$£€¥₹]?[-0-9])")
_CURRENCY = "$£€¥₹"
# "3 eggs + 4 eggs", "half of 36": between two numbers of one calculation.
_OPERATOR = re.compile(
    r"[^\d=.,;:!?]{0,40}?(?:[-+*/x\u00b7]|\b(?:of|times|plus|minus)\b)[\s$£€¥₹(]*"
)
_EQUALS = re.compile(r"[^\d=.,;:!?]{0,40}=[^\d=.,;:!?]{0,40}")
_MINUS = re.compile(r"(?:(?P<sign>-)|\b(?:minus|negative) ?)\Z", re.IGNORECASE)
# What may stand around the number of a response that is nothing but a number: "= 18 eggs".
_BEFORE = re.compile(r"[\s=*_(\-$£€¥₹]{0,12}(?:(?:minus|negative)\s)?[$£€¥₹]?", re.IGNORECASE)
_AFTER = re.compile(r"[\s%)*_$£€¥₹]{0,12}(?:[^\W\d]{1,20}[\s.*_)]{0,3}){0,2}[\s.*_)]{0,12}")


class Number(NamedTuple):
    """A number found in a text."""

    value: Fraction | None
    """Its exact value; None if it is too long to be an answer or divides by zero."""
    start: int
    """Where its digits begin in the text searched."""
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


def score_number(response: str, *, gold: str, mode: Mode) -> Score:
    """Score a response whose answer is one number.

    Args:
        response: The model's text.
        gold: The right number as text, such as "1,200", or a GSM8K solution ending in one.
        mode: `strict` or `flexible`, see the module.

    Returns:
        The score; its answer is the value written plainly, such as "1200" or "18.5".

    Raises:
        ValueError: If `gold` has no readable number or `mode` is neither.
    """
    if mode not in ("strict", "flexible"):
        raise ValueError(f"mode must be 'strict' or 'flexible', not {mode!r}")
    right = _stated(gold.translate(_CHARACTERS)) or _last_number(gold)
    if right is None or right[0].value is None:
        raise ValueError(f"the gold answer {gold[:80]!r} has no readable number")
    text = before_next_question(response.translate(_CHARACTERS))
    found = _stated(text) or _bare_number(text)
    if found is None and mode == "flexible":
        found = _last_number(text)
    if found is None:
        return Score.unparsed("no stated answer" if mode == "strict" else "no number")
    number, how = found
    return Score.of(number.value == right[0].value, number.text, how)


def _stated(text: str) -> tuple[Number, str] | None:
    """The number of the last statement that has one, with the statement's kind."""
    boxed = next(boxes(text), None)
    statements = last_statements(text)
    if boxed:
        statements = sorted([*statements, boxed], key=lambda s: s.start, reverse=True)
    for statement in statements:
        number = _stated_number(statement)
        if number:
            return number, statement.kind
    return None


def _stated_number(statement: Statement) -> Number | None:
    """Read the number a statement gives, if it gives one."""
    if statement.kind == "boxed":
        return _answer_of(_plain(statement.text))
    text = _plain(statement.text)
    sentence = first_sentence(text)
    number = _answer_of(sentence)
    if number is None or statement.kind == "is":
        return number
    lead = sentence[: number.start].strip(" \t$£€¥₹*_(-=")
    if statement.kind == "hash":
        # "#### 2. Count the eggs" is a heading.
        heading = re.match(r"[.):]\s{1,4}[^\W\d]", text.lstrip()[number.end :])
        return None if lead or heading else number
    # "Answer: The 2 girls' total is 18".
    link = _LINK.search(sentence, number.end) if lead else None
    number = (_answer_of(sentence[link.end() :]) if link else None) or number
    # "Answer: First, Janet …" opens an explanation, unless it is the whole of it.
    whole = not text.strip()[len(sentence) :].strip(" \t.!*\"')")
    return number if whole or not lead else None


def _bare_number(text: str) -> tuple[Number, str] | None:
    """The number of a response that is nothing but a number, with a unit of up to two words."""
    if len(text) > _WINDOW:
        return None
    text = _plain(text.strip())
    numbers = list(_numbers(text))
    if len(numbers) != 1:
        return None
    bare = _BEFORE.fullmatch(text[: numbers[0].start]) and _AFTER.fullmatch(text[numbers[0].end :])
    return (numbers[0], "bare number") if bare else None


def _answer_of(sentence: str) -> Number | None:
    """The first number, or the result if it opens a calculation: "3 + 4 = 7"."""
    numbers = _numbers(sentence)
    found = next(numbers, None)
    last = found
    for number in numbers:
        between = sentence[last.end : number.start] if last else ""
        if _EQUALS.fullmatch(between):
            found = number
        elif not _OPERATOR.fullmatch(between):
            break
        last = number
    return found


def _last_number(text: str) -> tuple[Number, str] | None:
    """The last number within 2,000 characters of the last digit."""
    last_digit = max(text.rfind(digit) for digit in "0123456789")
    window = _plain(text[max(0, last_digit - _WINDOW) : last_digit + 60])
    numbers = list(_numbers(window))
    return (numbers[-1], "last number") if numbers else None


def _plain(text: str) -> str:
    """Turn a short text's LaTeX into what is read aloud."""
    for pattern, replacement in _PLAIN:
        text = pattern.sub(replacement, text)
    return text


def _numbers(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        yield Number(_value(match, text), match.start(), match.end(), bool(match["below"]))


def _value(match: re.Match[str], text: str) -> Fraction | None:
    digits, below = match["digits"].replace(",", ""), match["below"] or "1"
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
    """Whether the number at `start` has a minus sign, and not one that subtracts it."""
    before = text[max(0, start - 24) : start].rstrip(_CURRENCY)
    minus = _MINUS.search(before)
    if minus is None:
        return False
    left = before[: minus.start()]
    attached = minus["sign"] and re.search(r"[A-Za-z)%\]]\Z", left)
    return not attached and not re.search(r"[0-9)%\]]\s*\Z", left)
