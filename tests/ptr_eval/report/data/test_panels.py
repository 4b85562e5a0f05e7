"""Panels of what was answered: dialogues that are complete, and what may be claimed of them."""

import numpy as np
from hypothesis import given

from tests.ptr_eval.report.panel_factory import SPELT, made


def test_complete_dialogues_are_those_answered_in_all_rounds_compared() -> None:
    panel = made("cxw", "cwc", "xcc")
    assert panel.complete().items.tolist() == [1]
    assert panel.complete(0, 2).items.tolist() == [0, 1]
    assert panel.complete(1).items.tolist() == [1, 2]
    assert panel.complete(0, 2).clusters.tolist() == ["item 0", "item 1"]


def test_of_several_samples_those_that_lack_an_answer_are_left_out() -> None:
    both = made("cw/cx", "xc/xc").complete(0, 1)
    assert both.items.tolist() == [0]
    assert both.verdicts.tolist() == [[[0, 1], [-1, -1]]]
    assert both.item_scores.tolist() == [[1, 0]]


@given(SPELT)
def test_rounds_compared_have_no_gaps_and_what_was_answered_keeps_its_score(
    items: list[str],
) -> None:
    panel = made(*items)
    last = panel.rounds - 1
    both = panel.complete(0, last)
    assert not np.isnan(both.item_scores[:, [0, last]]).any()
    at = np.searchsorted(panel.items, both.items)
    kept = ~np.isnan(both.scores)
    assert np.array_equal(both.scores[kept], panel.scores[at][kept])


def test_correctness_of_what_does_not_exist_is_neither_right_nor_wrong() -> None:
    np.testing.assert_array_equal(made("cux").correct, [[[1, 0, np.nan]]])


def test_what_failed_on_the_way_forbids_claims_of_later_rounds_too() -> None:
    panel = made("cxc", "ccc")
    assert [panel.no_claim(t) for t in range(3)] == ["", "50 % failed", "50 % failed"]
    assert panel.no_claim(2, first=2) == ""
