r"""Writes numerals as fractions: "0.\overline{3}" is 1/3; and reads ratios such as "2:4:6"."""

import re
from fractions import Fraction
from math import gcd

_REPEATING = re.compile(
    r"(?<![0-9.])(?P<whole>[0-9]{0,30})\.(?P<start>[0-9]{0,30})"
    r"(?:\\(?:overline|bar|dot)\s?(?:\{\s?(?P<line>[0-9]{1,30})\s?\}|(?P<digit>[0-9]))"
    r"(?:(?P<middle>[0-9]{0,30})\\dot\s?\{?(?P<end>[0-9])\}?)?|\((?P<bracket>[0-9]{1,30})\))"
    r"(?:\\[lc]?dots|\.\.\.)?"
)
_DOTS = re.compile(
    r"(?<![0-9.])(?P<whole>[0-9]{0,30})\.(?P<digits>[0-9]{3,40})\s?(?:\\[lc]?dots|\.{3,}|…)"
)
_PERIODS = re.compile(r"(?P<start>[0-9]*?)(?P<period>[0-9]{1,12}?)(?P=period){2,}")
_DOTTED = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_EXPONENT = re.compile(
    r"(?<![A-Za-z0-9.\\])([0-9]{1,30}(?:\.[0-9]{1,30})?)[eE]([-+]?[0-9]{1,4})(?![A-Za-z0-9.])"
)
_RATIO = re.compile(r"[0-9]{1,30}(?:\s?:\s?[0-9]{1,30}){2,12}")


def as_fractions(text: str) -> str:
    """Write repeating decimals as fractions, and "1.000.000" without its points."""
    if _DOTTED.fullmatch(text.strip(" $")):
        return text.replace(".", "")
    text = _EXPONENT.sub(r"\1 \\cdot 10^{\2}", text)
    text = _REPEATING.sub(_repeating, text)
    return _DOTS.sub(_with_dots, text)


def reduced_ratio(text: str) -> str:
    """Write "2 to 3" as 2:3, and a ratio of three or more numbers in its smallest ones."""
    text = re.sub(r"\A([0-9]{1,9}) to ([0-9]{1,9})\Z", r"\1:\2", text)
    if not _RATIO.fullmatch(text):
        return text
    numbers = [int(part) for part in text.split(":")]
    return ":".join(str(number // (gcd(*numbers) or 1)) for number in numbers)


def _repeating(match: re.Match[str]) -> str:
    period = match["line"] or match["digit"] or match["bracket"]
    if match["end"]:
        period += match["middle"] + match["end"]
    return _fraction(match["whole"], match["start"], period)


def _with_dots(match: re.Match[str]) -> str:
    """Read "0.1666..." as 1/6; decimals that do not repeat stay as they are."""
    found = _PERIODS.fullmatch(match["digits"])
    return _fraction(match["whole"], found["start"], found["period"]) if found else match[0]


def _fraction(whole: str, start: str, period: str) -> str:
    scale, nines = 10 ** len(start), 10 ** len(period) - 1
    value = Fraction(int(whole + start or "0"), scale) + Fraction(int(period), nines * scale)
    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
