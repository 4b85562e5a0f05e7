"""Runs that differ in the order of their candidates."""

from ptr_eval.report.data.groups import GroupOrigin, GroupPanel
from ptr_eval.report.tables.candidate_order import order_table
from tests.ptr_eval.report.group_factory import groups_of, measured
from tests.ptr_eval.report.panel_factory import assert_sound, column


def test_runs_that_differ_in_order_alone_are_compared() -> None:
    def run(name: str, order: str, *items: str, candidates: int = 2) -> None:
        given = {"first_round": name, "ledger": f"{name}.ledger"}  # Of no weight.
        origin = GroupOrigin({"order": order, "candidates": candidates, **given})
        panels.append(groups_of(*items, run=name, origin=origin))

    panels: list[GroupPanel] = []
    run("a", "sampled", "ca>c", "ac>a", "aa>a")
    run("b", "reversed", "ca>c", "ac>c", "aa>a")
    run("other", "reversed", "ca>c", "ac>c", "aa>a", candidates=3)
    run("same", "sampled", "cc>c", "ac>c", "aa>a")
    table = order_table(measured(*panels))
    pairs = list(zip(column(table, "run"), column(table, "other run"), strict=True))
    assert pairs == [("a", "b"), ("b", "same")]
    assert column(table, "difference (points)")[0] == "+33.3"
    assert column(table, "same candidates") == ["yes", "no"]
    assert_sound([table])


def test_pairs_are_compared_on_the_questions_that_both_have() -> None:
    panels = [
        groups_of(*items, run=order, origin=GroupOrigin({"order": order}))
        for order, items in (("sampled", ("ca>c", "ac>a")), ("shuffled", ("ca>a", "ac", "aa>c")))
    ]
    table = order_table(measured(*panels))
    assert column(table, "refined (%)") == ["100.0"]
    assert column(table, "other refined (%)") == ["0.0"]
