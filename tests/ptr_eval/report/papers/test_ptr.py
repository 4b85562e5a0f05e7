"""The published figures on progressive thought refinement."""

import pytest

from ptr_eval.report.papers import ptr


def test_published_averages_are_nearly_what_is_printed() -> None:
    rows = ptr.table1()
    assert len(rows) == 18
    assert all(row.average == pytest.approx(row.printed_average, abs=0.101) for row in rows)
