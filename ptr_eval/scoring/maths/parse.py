"""Parses normalized answers into sympy; the heavy libraries are loaded at first use."""

import re
from functools import lru_cache
from typing import Any

_COMMAND_OR_I = re.compile(r"\\[A-Za-z]+|I")


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
    from sympy import Basic, I, MatrixBase

    notation = NormalizationConfig(
        basic_latex=True, malformed_operators=True, nits=True, boxed="none"
    )
    # The parser takes a plain I for the imaginary unit, as it does i.
    latex = _COMMAND_OR_I.sub(
        lambda match: r"\mathrm{I}" if match[0] == "I" else match[0],
        normalize_latex(text, notation),
    )
    case = ConversionConfig(lowercase_symbols=False)
    try:
        value = latex2sympy(latex, is_real=True, normalization_config=None, conversion_config=case)
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
