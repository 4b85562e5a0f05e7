"""Numbers on their way into tables: what cannot be computed says so, and nothing shows as -0.0."""

import math

from ptr_eval.report.tables.table import Cell

NOT_AVAILABLE = Cell("n/a")
"""The cell of what cannot be computed."""


def not_claimed(why: str) -> Cell:
    """Make the cell of a claim that is not made, such as "n.a.: 33 % failed"."""
    return Cell(f"n.a.: {why}")


def number(value: float, digits: int = 0, *, signed: bool = False) -> Cell:
    """Make a cell of a number."""
    if not math.isfinite(value):
        return NOT_AVAILABLE
    rounded = round(value, digits) + 0.0
    sign = "+" if signed and rounded else ""
    return Cell(f"{rounded:{sign},.{digits}f}", float(value))


def percent(fraction: float, *, signed: bool = False) -> Cell:
    """Make a cell of a fraction, printed and kept in percent."""
    return number(100 * fraction, 1, signed=signed)


def p_value(p: float) -> Cell:
    """Make a cell of a p value."""
    return Cell("<0.001", float(p)) if p < 0.001 else number(p, 3)
