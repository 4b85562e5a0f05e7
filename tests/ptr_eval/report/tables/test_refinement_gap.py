"""Refined answers against the vote."""

import pytest

from ptr_eval.report.tables.refinement_gap import gaps_table
from tests.ptr_eval.report.group_factory import groups_of, measured
from tests.ptr_eval.report.panel_factory import assert_sound


def test_gaps_have_intervals_and_what_was_not_refined_is_counted() -> None:
    table = gaps_table(measured(groups_of("caab>c ccab", "ccab>a", "cccb>c", "aaac>a")))
    (row,) = table.rows
    cells = dict(zip(table.columns, row.cells, strict=True))
    assert [cells[n].text for n in ("questions", "groups", "not refined")] == ["4", "4", "1"]
    assert cells["gap (points)"].value == pytest.approx(0.0)
    assert (cells["fixed (%)"].text, cells["broken (%)"].text) == ("25.0", "25.0")
    low, high = cells["95% low"].value, cells["95% high"].value
    assert low is not None
    assert high is not None
    assert low < 0 < high
    assert_sound([table])
