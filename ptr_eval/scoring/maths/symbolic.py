r"""Compares parsed mathematics: by exact calculation where it is possible, else by math-verify.

Two expressions are equal if their difference is zero, calculated to hundreds of digits: so that
1/2^{99} is not 1/2^{98}. Expressions with variables are compared at several points; two different
formulas do not agree at all of them. The heavy libraries are loaded when they are first used.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_DIGITS = 15
_MAX_DIGITS = 400
_POINTS = 7
_ENOUGH_POINTS = 3
# The shortest decimal, in significant digits, that may stand for the number it rounds.
_ROUNDED = 6


@lru_cache(maxsize=256)
def parsed(text: str) -> Any:
    """Parse a normalized answer, or the end of a long equation; None if neither is known."""
    value = _parsed(text)
    sides = re.split(r"(?<![\\<>!])=", text)
    return _parsed(sides[-1]) if value is None and len(sides) > 2 and "," not in text else value


def _parsed(text: str) -> Any:
    from latex2sympy2_extended.latex2sympy2 import (
        ConversionConfig,
        NormalizationConfig,
        latex2sympy,
        normalize_latex,
    )
    from math_verify.grader import should_treat_as_complex
    from sympy import Basic, I, MatrixBase

    notation = NormalizationConfig(
        basic_latex=True, malformed_operators=True, nits=True, boxed="none"
    )
    latex = normalize_latex(text, notation)
    is_real = not should_treat_as_complex(latex)
    case = ConversionConfig(lowercase_symbols=False)
    try:
        value = latex2sympy(
            latex, is_real=is_real, normalization_config=None, conversion_config=case
        )
        if not isinstance(value, Basic | MatrixBase):
            return None
        imaginary = {symbol: I for symbol in value.free_symbols if symbol.name == "i"}
        return _exact(value.subs(imaginary) if imaginary else value)
    except Exception:  # noqa: BLE001 -- the parser raises exceptions of any kind
        return None


def _exact(value: Any) -> Any:
    """Write decimals as fractions, but for a whole answer that may be rounded."""
    from sympy import Float, Rational

    if isinstance(value, Float):
        return value
    decimals = value.atoms(Float)
    return value.xreplace({each: Rational(str(each)) for each in decimals}) if decimals else value


def same_texts(gold: str, answer: str) -> bool:
    """Compare two normalized answers; as texts, if one of them cannot be parsed."""
    a, b = parsed(gold), parsed(answer)
    if a is None or b is None:
        return gold.replace(" ", "") == answer.replace(" ", "")
    return same(a, b)


def as_set(text: str) -> Any:
    """Parse an interval, a set or an inequality of one variable as a set; None if it is neither."""
    return _as_set(parsed(text))


def _as_set(value: Any) -> Any:
    from math_verify.grader import unwrap_fcs
    from sympy import Set
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import And

    if isinstance(value, Relational | And) and len(value.free_symbols) == 1:
        value = unwrap_fcs(value).as_set()
    return value if isinstance(value, Set) else None


def _same_as_sets(a: Any, b: Any) -> bool:
    """Compare relations of one variable, or such a relation and a set."""
    sets = [_as_set(each) for each in (a, b)]
    return same(*sets) if None not in sets else bool(_verified(a, b))


def same(a: Any, b: Any) -> bool:
    """Whether two parsed answers are equal."""
    from sympy import Expr, FiniteSet, Interval, MatrixBase, Set
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import And

    kinds = (type(a), type(b))
    if all(issubclass(kind, Expr) for kind in kinds):
        decided = _same_expression(a, b)
        return _verified(a, b) if decided is None else decided
    if all(issubclass(kind, MatrixBase) for kind in kinds):
        return a.shape == b.shape and all(map(same, a.doit().flat(), b.doit().flat()))
    if all(issubclass(kind, FiniteSet) for kind in kinds):
        return same_elements(list(a.args), list(b.args))
    if all(issubclass(kind, Interval) for kind in kinds):
        openness = (a.left_open, a.right_open) == (b.left_open, b.right_open)
        return bool(openness) and same(a.start, b.start) and same(a.end, b.end)
    if all(issubclass(kind, Relational | And) for kind in kinds):
        return a.free_symbols == b.free_symbols and (_same_relations(a, b) or _same_as_sets(a, b))
    if any(issubclass(kind, Relational | And) for kind in kinds):
        return _same_relation_and_other(a, b)
    if all(issubclass(kind, Set) for kind in kinds):
        return bool(a == b or a.symmetric_difference(b).is_empty)
    return _verified(a, b)


def same_elements(these: list[Any], others: list[Any]) -> bool:
    """Whether two lists hold equal elements, in any order."""
    rest = list(others)
    for element in these:
        place = next((i for i, other in enumerate(rest) if same(element, other)), None)
        if place is None:
            return False
        del rest[place]
    return not rest


def _same_expression(a: Any, b: Any) -> bool | None:
    """Compare two expressions by calculation; None if they cannot be calculated."""
    from sympy import Derivative, Float, Integral, Limit, Product, Sum, oo, zoo

    if a == b:
        return True
    if any(each.has(Sum, Product, Integral, Limit, Derivative) for each in (a, b)):
        a, b = a.doit(), b.doit()
    if any(each.has(oo, -oo, zoo) for each in (a, b)):
        return False
    if any(isinstance(each, Float) for each in (a, b)):
        return _same_rounded(a, b)
    symbols = sorted(a.free_symbols | b.free_symbols, key=str)
    if not symbols:
        zero = _is_zero(a - b, {})
        return _exactly_zero(a - b) if zero else zero
    agreed = 0
    for point in _points(symbols):
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
        value = expression.evalf(_DIGITS, subs=point, maxn=_MAX_DIGITS, strict=True)
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


def _points(symbols: list[Any]) -> Iterator[dict[Any, Any]]:
    """Yield points whose coordinates are fractions: large, small and negative, all different."""
    from sympy import Rational

    for number in range(_POINTS):
        signs = [1, 1, 1, -1][number % 4], (-1) ** (number // 4)
        yield {
            symbol: signs[index % 2]
            * Rational(17 + 31 * number + 13 * index + index * index, 7 + 40 * (number % 3))
            for index, symbol in enumerate(symbols)
        }


def _same_rounded(a: Any, b: Any) -> bool | None:
    """Compare a decimal with a number, exactly, or as its rounding if it has enough digits."""
    from sympy import Float, Rational, floor, log

    numbers = [Rational(str(each)) if isinstance(each, Float) else each for each in (a, b)]
    if any(each.free_symbols for each in numbers):
        return _same_expression(*numbers)
    if _same_expression(*numbers):
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


def _same_relations(a: Any, b: Any) -> bool:
    """Compare equations or inequalities, or chains of these, side by side."""
    from sympy import Eq, Expr
    from sympy.logic.boolalg import And

    if isinstance(a, And) or isinstance(b, And):
        parts, others = (list(x.args) if isinstance(x, And) else [x] for x in (a, b))
        for part in parts:
            place = next((i for i, o in enumerate(others) if _same_relations(part, o)), None)
            if place is None:
                return False
            del others[place]
        return not others
    kinds = [_kind(x) for x in (a, b)]
    zeros = [x.gts - x.lts if hasattr(x, "gts") else x.lhs - x.rhs for x in (a, b)]
    ratio = _constant_ratio(*zeros) if kinds[0] == kinds[1] else None
    return ratio is not None and (kinds[0] in ("=", "!=") or bool(ratio > 0))


def _kind(relation: Any) -> str:
    """Name a relation whatever its direction: "=", "!=", ">" or ">="."""
    return str(relation.rel_op).replace("<", ">").replace("==", "=")


def _constant_ratio(a: Any, b: Any) -> Any:
    """Divide one expression by another, if the result is the same at all points, else None."""
    from sympy import fraction, together

    quotient = fraction(together(a))[0] / fraction(together(b))[0]
    symbols = sorted(quotient.free_symbols, key=str)
    ratios = [quotient.evalf(_DIGITS, subs=point) for point in _points(symbols)]
    first = ratios[0]
    close = all(ratio.is_Number and abs(ratio - first) <= 1e-12 * abs(first) for ratio in ratios)
    return first if close and first.is_finite and first != 0 else None


def _same_relation_and_other(gold: Any, answer: Any) -> bool:
    """Compare an equation or inequality with a set, or with the value of its right side."""
    from math_verify.grader import (
        is_assignment_relation,
        is_equation,
        take_last_relation,
    )
    from sympy import Set

    if is_equation(answer):
        last = take_last_relation(answer)
        # "x+y+z=0" is no way to say 0.
        standard_form = last.rhs == 0 and not is_assignment_relation(answer)
        return not standard_form and same(gold, last.rhs)
    if is_assignment_relation(gold):
        return same(take_last_relation(gold).rhs, answer)
    return _same_as_sets(gold, answer) if any(isinstance(e, Set) for e in (gold, answer)) else False


def _verified(gold: Any, answer: Any) -> bool:
    from math_verify import verify

    return bool(
        verify(gold, answer, numeric_precision=50, allow_set_relation_comp=True, timeout_seconds=None)
    )
