"""Counts of candidates and refined answers that are missing, failed or cut."""

from ptr_eval.report.data.groups import GroupOrigin
from ptr_eval.report.tables.data_quality import data_quality_table
from tests.ptr_eval.report.group_factory import groups_of


def test_what_went_amiss_is_counted() -> None:
    origin = GroupOrigin({"candidate_tokens": 6144})
    table = data_quality_table(
        [groups_of("caab>c bb-c", "x-c>- ccbb>x", origin=origin), groups_of("ca", origin=origin)]
    )
    row, unrefined = table.rows
    assert [cell.text for cell in row.cells[2:]] == [
        "4", "2", "1", "1", "1", "3", "1", "n/a", "6,144", "3", "0", "1", "2",
        "0",
    ]  # fmt: skip
    assert unrefined.cells[table.columns.index("budget (tokens)")].text == "–"


def test_refined_answers_that_only_confirm_are_counted_apart() -> None:
    table = data_quality_table([groups_of("ca>k ca>k", "cc>c ca>-")])
    (row,) = table.rows
    without, confirming = row.cells[-2:]
    assert table.columns[-2:] == ("refined without an answer", "only confirming a candidate")
    assert (without.text, confirming.text) == ("3", "2")
