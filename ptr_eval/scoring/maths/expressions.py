"""Compares expressions by exact calculation.

Two expressions are equal if their difference is zero, calculated to hundreds of digits: so 1/2^99
is not 1/2^98. With variables they are compared at several points; two different formulas do not
agree at all of them.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

_DIGITS = 15
_MAX_DIGITS = 400
_POINT_DIGITS = 80
_POINTS = 10
_POSITIVE_POINTS = 4
_ENOUGH_POINTS = 3
# The shortest decimal, in significant digits, that may stand for the number it rounds.
_ROUNDED = 6


def same_expression(a: Any, b: Any) -> bool | None:
    """Compare two expressions by calculation; None if they cannot be calculated."""
    from sympy import Derivative, Float, Integral, Limit, Product, Sum, nan, oo, zoo

    if any(each.has(zoo, nan) for each in (a, b)):
        return False
    if a == b:
        return True
    if any(each.has(Sum, Product, Integral, Limit, Derivative) for each in (a, b)):
        a, b = a.doit(), b.doit()
    if any(each.has(oo, -oo) for each in (a, b)):
        return False
    if any(isinstance(each, Float) for each in (a, b)):
        return _same_rounded(a, b)
    symbols = sorted(a.free_symbols | b.free_symbols, key=str)
    if not symbols:
        zero = _is_zero(a - b, {})
        return _exactly_zero(a - b) if zero else zero
    agreed = 0
    for point in points(symbols):
        zero = _is_zero(a - b, point)
        if zero is False and any(_is_real(each, point) for each in (a, b)):
            return False
        agreed += zero is True
    return True if agreed >= _ENOUGH_POINTS else None


def _is_zero(expression: Any, point: dict[Any, Any]) -> bool | None:
    """Whether an expression is zero at a point, to hundreds of digits; None if that is unknown."""
    from sympy import Number
    from sympy.core.evalf import PrecisionExhausted

    try:
        digits = _POINT_DIGITS if point else _MAX_DIGITS
        value = expression.evalf(_DIGITS, subs=point, maxn=digits, strict=True)
    except PrecisionExhausted:
        return True
    except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
        return None
    parts = value.as_real_imag()
    if not all(isinstance(part, Number) and part.is_finite for part in parts):
        return None
    return all(part == 0 for part in parts)


def _exactly_zero(constant: Any) -> bool:
    """Whether a constant is zero that is too small to tell by its digits."""
    value = constant.doit()
    return not (value.is_Rational and value != 0)


def _is_real(expression: Any, point: dict[Any, Any]) -> bool:
    value = expression.evalf(_DIGITS, subs=point)
    return bool(value.is_Number or value.as_real_imag()[1] == 0)


def _same_rounded(a: Any, b: Any) -> bool | None:
    """Compare a decimal with a number, exactly, or as its rounding if it has enough digits."""
    from sympy import Float, Rational, floor, log

    numbers = [Rational(str(each)) if isinstance(each, Float) else each for each in (a, b)]
    if any(each.free_symbols for each in numbers):
        return same_expression(*numbers)
    if same_expression(*numbers):
        return True
    decimal, other = (a, b) if isinstance(a, Float) else (b, a)
    digits = str(decimal).lstrip("-0.").replace(".", "").rstrip("0")
    if isinstance(other, Float) or len(digits) < _ROUNDED:
        return False
    try:
        value = other.evalf(40)
        places = max(_ROUNDED, _ROUNDED - 1 - int(floor(log(abs(value), 10))))
        return bool(round(Rational(str(decimal)), places) == round(Rational(str(value)), places))
    except (ArithmeticError, NotImplementedError, TypeError, ValueError):
        return False


def points(symbols: list[Any]) -> Iterator[dict[Any, Any]]:
    """Yield the same points each time: small and large, first positive, then of any sign."""
    from sympy import Rational

    for number in range(_POINTS):
        chance = Random(number)
        size, signs = (1, 4, 20, 1000)[number % 4], (1, -1) if number >= _POSITIVE_POINTS else (1,)
        yield {
            symbol: chance.choice(signs) * Rational(chance.randint(10, 97 * size), 97)
            for symbol in symbols
        }


def constant_ratio(a: Any, b: Any) -> Any:
    """Divide one expression by another, if the result is the same at all points, else None."""
    symbols = sorted(a.free_symbols | b.free_symbols, key=str)
    ratios = [(a / b).evalf(_DIGITS, subs=point) for point in points(symbols)]
    first = ratios[0]
    close = all(ratio.is_Number and abs(ratio - first) <= 1e-12 * abs(first) for ratio in ratios)
    return first if close and first.is_finite and first != 0 else None
