"""Counts of transitions."""

import pytest

from ptr_eval.report.tables.table import Table
from ptr_eval.report.tables.transitions import transitions_tables
from tests.ptr_eval.report.panel_factory import made


def printed(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_a_table_has_earlier_verdicts_in_rows_and_later_ones_in_columns() -> None:
    (table,) = transitions_tables([made("wc", "wc", "cu", "uw", "cc", "-c")])
    assert table.title == "run on task: round 1 to round 2"
    assert table.columns == ("round 1", "correct", "wrong", "no answer", "all")
    assert printed(table) == [
        ["correct", "1", "0", "1", "2"],
        ["wrong", "2", "0", "0", "2"],
        ["no answer", "0", "1", "0", "1"],
        ["all", "3", "1", "1", "5"],
    ]


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        (1, []),
        (2, ["1-2"]),
        (3, ["1-3", "1-2", "2-3"]),
        (5, ["1-5", "1-2", "2-3", "3-4", "4-5"]),
        (6, ["1-6"]),
    ],
)
def test_which_rounds_are_tabulated(rounds: int, expected: list[str]) -> None:
    tables = transitions_tables([made("c" * rounds)])
    assert [table.name for table in tables] == [f"transitions-1-{pair}" for pair in expected]


def test_names_of_tables_hold_nothing_of_the_names_of_runs() -> None:
    tables = transitions_tables([made("cw", run="../a|b"), made("cw", run="../a|b")])
    assert [table.name for table in tables] == ["transitions-1-1-2", "transitions-2-1-2"]
