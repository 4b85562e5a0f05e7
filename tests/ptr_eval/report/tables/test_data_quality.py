"""Counts of answers that are missing, failed or cut."""

from ptr_eval.report.data.groups import GroupOrigin
from ptr_eval.report.tables.data_quality import data_quality_table, outcomes_table
from tests.ptr_eval.report.group_factory import groups_of
from tests.ptr_eval.report.panel_factory import column, made


def test_what_came_of_the_requests_of_every_round_is_a_row_whatever_it_is() -> None:
    table = outcomes_table([made("cx", "cc", "cx"), made("c-", run="other")])
    assert column(table, "round") == ["1", "2", "1", "2"]
    assert column(table, "requests") == ["3", "3", "1", "0"]
    assert column(table, "answered") == ["3", "1", "1", "0"]
    assert column(table, "failed") == ["0", "2", "0", "0"]
    assert column(table, "failed or refused (%)") == ["0.0", "66.7", "0.0", "0.0"]


def test_what_went_amiss_is_counted() -> None:
    origin = GroupOrigin({"candidate_tokens": 6144})
    table = data_quality_table(
        [groups_of("caab>c bb-c", "x-c>- ccbb>x", origin=origin), groups_of("ca", origin=origin)]
    )
    row, unrefined = table.rows
    assert [cell.text for cell in row.cells[2:]] == [
        "4", "1", "1", "2", "1", "0", "2", "0", "n/a", "6,144", "2", "0", "1", "0", "1", "0",
    ]  # fmt: skip
    assert unrefined.cells[table.columns.index("budget (tokens)")].text == "–"


def test_refined_answers_that_only_confirm_are_counted_apart() -> None:
    table = data_quality_table([groups_of("ca>k ca>k", "cc>c ca>-")])
    (row,) = table.rows
    without, confirming = row.cells[-2:]
    assert table.columns[-2:] == ("refined without an answer", "only confirming a candidate")
    assert (without.text, confirming.text) == ("3", "2")
