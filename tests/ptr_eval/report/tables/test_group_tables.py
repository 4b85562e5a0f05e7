"""How many candidates help, what refining takes, what the order does, what went amiss."""

from itertools import combinations

import numpy as np
import pytest

from ptr_eval.report.data.groups import GroupPanel, Origin
from ptr_eval.report.tables.group_tables import (
    candidates_table,
    mishaps_table,
    order_table,
    tokens_table,
)
from tests.ptr_eval.report.group_factory import groups_of, measured
from tests.ptr_eval.report.panel_factory import assert_sound, cells, column


def test_candidates_are_pooled_and_all_choices_averaged() -> None:
    table = candidates_table(measured(groups_of("ca>c cb>a", "aa>c ac>c")))
    assert column(table, "k") == ["1", "2", "3", "4"]
    right = [[1, 0, 1, 0], [0, 0, 0, 1]]
    passes = [
        100 * np.mean([np.mean([max(s) for s in combinations(q, k)]) for q in right])
        for k in (1, 2, 3, 4)
    ]
    assert [cell.value for cell in cells(table, "pass@k (%)")] == pytest.approx(passes)
    assert column(table, "refined@k (%)") == ["–", "75.0", "–", "–"]
    assert_sound([table])


def test_pools_stop_at_the_fewest_samples_of_any_question() -> None:
    table = candidates_table(measured(groups_of("c a c", "a c a")))
    assert column(table, "k") == ["1", "2", "3"]
    assert column(table, "maj@k (%)") == ["50.0", "50.0", "50.0"]


def test_tokens_of_refining_stand_beside_those_of_solving() -> None:
    table = tokens_table(measured(groups_of("ca>c", "ca>a"), groups_of("c a", "a a", run="pool")))
    assert [cell.text for cell in table.rows[0].cells[2:]] == [
        "2", "100", "30", "30.0", "60", "20", "40.0", "50", "150",
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[1].cells[6:9]] == ["n/a", "n/a", "n/a"]
    published = tokens_table(measured(groups_of("ca>c", "ca>a")), published=True).rows[1]
    assert published.published
    assert [published.cells[at].text for at in (0, 3, 6, 8)] == [
        "AIME24", "13,232", "8,878", "32.9",
    ]  # fmt: skip


def test_runs_that_differ_in_order_alone_are_compared() -> None:
    def run(name: str, order: str, *items: str, candidates: int = 2) -> None:
        given = {"first_round": name, "ledger": f"{name}.ledger"}  # Of no weight.
        origin = Origin({"order": order, "candidates": candidates, **given})
        panels.append(groups_of(*items, run=name, origin=origin))

    panels: list[GroupPanel] = []
    run("a", "asked", "ca>c", "ac>a", "aa>a")
    run("b", "reversed", "ca>c", "ac>c", "aa>a")
    run("other", "reversed", "ca>c", "ac>c", "aa>a", candidates=3)
    run("same", "asked", "cc>c", "ac>c", "aa>a")
    table = order_table(measured(*panels))
    pairs = list(zip(column(table, "run"), column(table, "other run"), strict=True))
    assert pairs == [("a", "b"), ("b", "same")]
    assert column(table, "difference (points)")[0] == "+33.3"
    assert column(table, "same candidates") == ["yes", "no"]
    assert_sound([table])


def test_pairs_are_compared_on_the_questions_that_both_have() -> None:
    panels = [
        groups_of(*items, run=order, origin=Origin({"order": order}))
        for order, items in (("asked", ("ca>c", "ac>a")), ("shuffled", ("ca>a", "ac", "aa>c")))
    ]
    table = order_table(measured(*panels))
    assert column(table, "refined (%)") == ["100.0"]
    assert column(table, "other refined (%)") == ["0.0"]


def test_what_went_amiss_is_counted() -> None:
    origin = Origin({"candidate_tokens": 6144})
    table = mishaps_table(
        [groups_of("caab>c bb-c", "x-c>- ccbb>x", origin=origin), groups_of("ca", origin=origin)]
    )
    row, unrefined = table.rows
    assert [cell.text for cell in row.cells[2:]] == [
        "4", "2", "1", "1", "1", "3", "1", "n/a", "6,144", "3", "0", "1", "2",
    ]  # fmt: skip
    assert unrefined.cells[table.columns.index("budget (tokens)")].text == "–"
