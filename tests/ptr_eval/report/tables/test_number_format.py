"""How numbers are printed."""

import math

import pytest

from ptr_eval.report.tables.number_format import NOT_AVAILABLE, number, p_value, percent
from ptr_eval.report.tables.table import Cell


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_available(value: float) -> None:
    assert number(value) == percent(value) == NOT_AVAILABLE


def test_what_cannot_be_tested_has_no_p_value() -> None:
    assert p_value(math.nan) == NOT_AVAILABLE


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (number(1234567), "1,234,567"),
        (number(-0.04, 1), "0.0"),
        (number(-0.04, 1, signed=True), "0.0"),
        (number(2.25, 1, signed=True), "+2.2"),
        (percent(0.12345), "12.3"),
        (percent(-0.5, signed=True), "-50.0"),
        (p_value(0.0004), "<0.001"),
        (p_value(0.0416), "0.042"),
        (p_value(1.0), "1.000"),
    ],
)
def test_what_is_printed(cell: Cell, text: str) -> None:
    assert cell.text == text


def test_the_number_is_kept_in_full_and_in_the_unit_printed() -> None:
    assert percent(0.12345).value == pytest.approx(12.345)
    assert p_value(0.0004).value == 0.0004
