"""Ranking runs, and refusing to."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.report.data.comparable import Conditions, Incomparable
from ptr_eval.report.data.leaderboard import Leaderboard, leaderboard
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.leaderboard import leaderboard_table, pairwise_table
from ptr_eval.stats import mcnemar_exact, wilson
from tests.ptr_eval.report.panel_factory import assert_sound, cells, column, made

ITEMS = st.lists(st.booleans(), min_size=12, max_size=12)


def letters(right: Sequence[bool]) -> list[str]:
    return ["c" if item else "w" for item in right]


def ranked(panels: Sequence[Panel], round: int | None = None) -> Leaderboard:
    return leaderboard(panels, [], rng=np.random.default_rng(0), resamples=500, round=round)


def conditions(run: str, task: str = "t", **changed: Any) -> Conditions:
    fields: dict[str, Any] = {
        "version": "1.0", "data": "abc", "prompt": {"num_fewshot": "0"},
        "limits": {"max_gen_toks": "512"}, "scorer": "strict",
    }  # fmt: skip
    return Conditions(run, task, **{**fields, **changed})


def test_a_clear_difference_is_a_rank_and_a_small_one_a_tie() -> None:
    good, fair = ["c"] * 90 + ["w"] * 10, ["c"] * 88 + ["w"] * 12
    board = ranked(
        [
            made(*["c"] * 20, *["w"] * 80, run="poor"),
            made(*fair, run="fair"),
            made(*good, run="good"),
        ]
    )
    assert [s.label.run for s in board.standings] == ["good", "fair", "poor"]
    assert [s.rank for s in board.standings] == [1, 1, 3]
    assert [s.tied for s in board.standings] == [("fair",), ("good",), ()]
    assert [s.score for s in board.standings] == pytest.approx([0.9, 0.88, 0.2])
    assert board.standings[2].ranks == (3, 3)
    assert board.standings[0].low < 0.9 < board.standings[0].high
    pair = board.pairs[-1]
    assert (pair.better, pair.worse, pair.significant) == ("fair", "poor", True)
    assert pair.low < pair.difference < pair.high
    assert_sound([leaderboard_table(board), pairwise_table(board)])


def test_tasks_weigh_the_same_and_a_task_not_all_did_is_left_out() -> None:
    board = ranked(
        [
            made(*"cccccccc", run="a", task="long"), made("w", "w", run="a", task="short"),
            made(*"wwwwwwww", run="b", task="long"), made("c", "w", run="b", task="short"),
            made("c", run="b", task="extra"),
        ]
    )  # fmt: skip
    assert board.tasks == ("long", "short")
    assert [s.score for s in board.standings] == [0.5, 0.25]
    assert board.notes == ("Not every run did extra, so these do not count.",)


def test_each_run_s_last_round_counts_unless_one_is_chosen() -> None:
    panels = [made("wc", "wc", run="a"), made("cww", "cww", run="b")]
    assert [s.label.run for s in ranked(panels).standings] == ["a", "b"]
    first = ranked(panels, round=1)
    assert [s.label.run for s in first.standings] == ["b", "a"]
    assert [s.score for s in first.standings] == [1.0, 0.0]


def test_tokens_are_those_of_all_rounds_up_to_the_one_ranked() -> None:
    panels = [made("cc", "cc", run="a"), made("ww", "ww", run="b")]
    assert column(leaderboard_table(ranked(panels)), "tokens per item") == ["23", "23"]
    assert column(leaderboard_table(ranked(panels, round=1)), "tokens per item") == ["11", "11"]


def test_identical_runs_are_tied_and_a_single_item_decides_nothing() -> None:
    board = ranked([made(*"cwcw", run="a"), made(*"cwcw", run="b")])
    assert [s.rank for s in board.standings] == [1, 1]
    assert column(pairwise_table(board), "p (Holm)") == ["1.000"]
    single = ranked([made("c", run="a"), made("w", run="b")])
    assert [s.rank for s in single.standings] == [1, 1]
    assert column(pairwise_table(single), "p (Holm)") == ["n/a"]
    assert column(pairwise_table(single), "95 % interval") == ["n/a"]


@settings(max_examples=30)
@given(ITEMS, ITEMS, st.permutations(range(12)))
def test_the_order_of_items_and_runs_changes_nothing(
    one: list[bool], two: list[bool], order: list[int]
) -> None:
    here = ranked([made(*letters(one), run="a"), made(*letters(two), run="b")])
    mixed = [made(*letters([x[i] for i in order]), run=n) for n, x in (("b", two), ("a", one))]
    there = ranked(mixed)
    ranks, scores = zip(
        *[
            (
                {s.label.run: s.rank for s in b.standings},
                {s.label.run: s.score for s in b.standings},
            )
            for b in (here, there)
        ],
        strict=True,
    )
    assert ranks[0] == ranks[1]
    assert scores[0] == pytest.approx(scores[1])
    assert here.pairs[0].p == pytest.approx(there.pairs[0].p, nan_ok=True)
    assert here.pairs[0].difference >= 0


def test_runs_without_a_common_task_or_item_are_refused() -> None:
    with pytest.raises(Incomparable, match="no task that all runs did"):
        ranked([made("c", run="a", task="x"), made("c", run="b", task="y")])
    with pytest.raises(Incomparable, match="no item of task was done by all runs"):
        ranked([made("c", run="a"), made("c", run="b", items=[7])])


def test_allowed_differences_are_noted_on_the_leaderboard() -> None:
    panels = [made(*"cwcw", run="a"), made(*"cccc", run="b")]
    runs = [conditions("a", "task"), conditions("b", "task", version="2")]
    board = leaderboard(panels, runs, rng=np.random.default_rng(0), allow=["version"])
    assert "version differs" in leaderboard_table(board).note


def test_all_against_none_is_a_difference() -> None:
    board = ranked([made(*"c" * 20, run="right"), made(*"w" * 20, run="wrong")])
    assert [(s.label.run, s.rank) for s in board.standings] == [("right", 1), ("wrong", 2)]
    (pair,) = board.pairs
    assert pair.significant
    assert pair.p == pytest.approx(2 / 2**20)
    assert [pair.low, pair.high] == pytest.approx([2 * wilson(20, 20).low - 1, 1])
    assert column(pairwise_table(board), "detectable") == ["n/a"]
    few = ranked([made(*"cccc", run="right"), made(*"wwww", run="wrong")])
    assert few.pairs[0].p == pytest.approx(2 / 2**4)
    assert [s.rank for s in few.standings] == [1, 1]


def test_tasks_without_variation_that_point_apart_are_weighed_by_their_items() -> None:
    board = ranked(
        [
            made(*"cccccc", run="a", task="one"), made(*"ww", run="a", task="two"),
            made(*"wwwwww", run="b", task="one"), made(*"cc", run="b", task="two"),
        ]
    )  # fmt: skip
    assert board.pairs[0].p == pytest.approx(mcnemar_exact(6, 2))


def test_a_run_too_many_of_whose_requests_failed_has_no_rank() -> None:
    panels = [
        made("cx", "cx", "cc", run="limited"),
        made("cc", "cw", "cc", run="fair"),
        made("cc", "cc", "cc", run="good"),
    ]
    board = ranked(panels)
    assert [s.label.run for s in board.standings] == ["good", "fair"]
    assert [(u.label.run, u.why, u.by_task) for u in board.unranked] == [
        ("limited", "67 % failed", (1.0,))
    ]
    assert {pair.better for pair in board.pairs} == {"good"}
    table = leaderboard_table(board)
    assert column(table, "rank") == ["1", "1", "n.a.: 67 % failed"]
    assert [cell.best for cell in cells(table, "task")] == [True, False, False]
    assert_sound([table, pairwise_table(board)])
    # Answers of a round rest on those before it, but round 1 rests on nothing.
    assert ranked(panels, round=1).unranked == ()


def test_runs_are_compared_on_the_items_that_all_of_them_answered() -> None:
    board = ranked([made(*"c" * 30, "x", run="a"), made(*"w" * 30, "c", run="b")])
    assert [s.score for s in board.standings] == [1.0, 0.0]
