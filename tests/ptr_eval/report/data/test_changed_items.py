"""The list of answers whose verdict changed."""

from collections import Counter

import pytest
from hypothesis import given, settings

from ptr_eval.report.data.changed_items import changed_items
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.transitions import transitions_tables
from ptr_eval.stats import VERDICTS
from tests.ptr_eval.report.panel_factory import SPELT, assert_sound, made

COLUMNS = [
    "run", "task", "item", "sample", "round_from", "round_to", "verdict_from", "verdict_to"
]  # fmt: skip


def test_changed_items_are_listed_against_round_1_and_the_round_before() -> None:
    frame = changed_items([made("ccc", "wcu", items=[4, 7])])
    assert list(frame.columns) == COLUMNS
    assert frame.astype(object).to_numpy().tolist() == [
        ["run", "task", 7, 0, 1, 2, "wrong", "correct"],
        ["run", "task", 7, 0, 1, 3, "wrong", "unparsed"],
        ["run", "task", 7, 0, 2, 3, "correct", "unparsed"],
    ]


def test_samples_and_runs_are_told_apart() -> None:
    frame = changed_items([made("cc/cw", run="a"), made("wc", run="b"), made("cw", run="a")])
    assert frame["run"].tolist() == ["a", "b", "a"]
    assert frame["sample"].tolist() == [1, 0, 0]


@pytest.mark.parametrize("panels", [[], [made("c", "w")], [made("cc", "w-")]])
def test_without_changes_the_list_is_empty(panels: list[Panel]) -> None:
    frame = changed_items(panels)
    assert list(frame.columns) == COLUMNS
    assert frame.empty


@given(SPELT)
@settings(max_examples=40, deadline=None)
def test_lists_and_counts_agree(items: list[str]) -> None:
    panel = made(*items)
    tables, frame = transitions_tables([panel]), changed_items([panel])
    assert_sound(tables)
    listed = Counter(zip(*(frame[name] for name in COLUMNS[4:]), strict=True))
    for table in tables:
        before, after = (int(part) for part in table.name.split("-")[2:])
        for was, row in zip(VERDICTS, table.rows[:-1], strict=True):
            for is_, cell in zip(VERDICTS, row.cells[1:], strict=False):
                if was != is_:
                    assert listed[before, after, was, is_] == cell.value
