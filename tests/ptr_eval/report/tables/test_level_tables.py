"""Accuracy in groups that are alike."""

import pytest

from ptr_eval.report.data.groups import GroupOrigin
from ptr_eval.report.tables.level_tables import correct_table, diversity_table, position_table
from ptr_eval.report.tables.table import Table
from ptr_eval.runs import Selection
from tests.ptr_eval.report.group_factory import groups_of, measured
from tests.ptr_eval.report.panel_factory import assert_sound, column


def counts(table: Table, method: str) -> dict[str, tuple[str, str]]:
    """By level: how many answers of a method are correct, and of how many."""
    at = {name: table.columns.index(name) for name in ("method", "correct", "of")}
    return {
        row.cells[2].text: (row.cells[at["correct"]].text, row.cells[at["of"]].text)
        for row in table.rows
        if row.cells[at["method"]].text == method
    }


def test_answers_are_counted_by_the_number_of_correct_candidates() -> None:
    chosen = Selection("task", "s", "rm", "reward", "m", 3, {(0, 0): 0, (1, 0): 0, (2, 0): 2}, 1)
    panel = groups_of("caa>ca", "aab>cb", "ccb>cc", origin=GroupOrigin({}, selections=[chosen]))
    table = correct_table(measured(panel))
    assert list(counts(table, "selfRef@3")) == ["2", "1", "0"]
    assert counts(table, "selfRef@3") == {"2": ("2", "2"), "1": ("1", "2"), "0": ("1", "2")}
    assert counts(table, "maj@3") == {"2": ("1", "1"), "1": ("0", "1"), "0": ("0", "1")}
    assert counts(table, "BoN@3 (rm)") == {"2": ("0", "1"), "1": ("1", "1"), "0": ("0", "1")}
    assert_sound([table])


def test_tied_votes_count_in_part() -> None:
    assert counts(correct_table(measured(groups_of("ca>c", "ca>a"))), "maj@2") == {"1": ("1", "2")}
    assert counts(correct_table(measured(groups_of("ca>c", "aa>a"))), "maj@2")["1"] == ("0.5", "1")


def test_answers_that_are_all_alike_have_an_interval_by_questions() -> None:
    table = correct_table(measured(groups_of("aa>a aa>a", "aa>a aa>a")))
    row = dict(zip(table.columns, table.rows[0].cells, strict=True))
    assert (row["correct"].text, row["of"].text, row["questions"].text) == ("0", "4", "2")
    assert row["95% low"].text == "0.0"
    assert row["95% high"].value == pytest.approx(65.8, abs=0.1)


def test_published_counts_follow_and_are_marked() -> None:
    table = correct_table(measured(groups_of("ca>c", "ca>a")), published=True)
    published = [row for row in table.rows if row.published]
    assert len(published) == 25
    assert [cell.text for cell in published[4].cells[:7]] == [
        "AIME24", "GSR-7B", "0", "selfRef@4", "n/a", "16", "272",
    ]  # fmt: skip
    assert [cell.text for cell in published[4].cells[7:]] == ["5.9", "3.7", "9.3"]
    assert_sound([table])


def test_answers_are_counted_by_how_many_different_ones_there_are() -> None:
    table = diversity_table(measured(groups_of("cc>c", "ca>c", "aa>a", "-->c", "a->a")))
    assert counts(table, "selfRef@2") == {"0": ("1", "1"), "1": ("1", "3"), "2": ("1", "1")}


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("sampled", {"1": ("1", "1"), "3": ("0", "1")}),
        ("reversed", {"1": ("0", "1"), "3": ("1", "1")}),
        ("shuffled", {}),
    ],
)
def test_the_only_correct_candidate_is_found_where_it_is_shown(
    order: str, found: dict[str, tuple[str, str]]
) -> None:
    panel = groups_of("cab>c", "abc>a", "cca>c", origin=GroupOrigin({"order": order}))
    table = position_table(measured(panel))
    assert counts(table, "selfRef@3") == found
    assert "maj@3" not in column(table, "method")


@pytest.mark.parametrize(("order", "place"), [("sampled", "2"), ("reversed", "1")])
def test_candidates_that_are_not_shown_take_no_place(order: str, place: str) -> None:
    panel = groups_of("a0c0>c", "aaca>c", origin=GroupOrigin({"order": order}))
    found = counts(position_table(measured(panel)), "selfRef@4")
    assert found == {place: ("1", "1"), "3" if order == "sampled" else "2": ("1", "1")}


def test_what_was_not_refined_has_no_such_tables() -> None:
    pool = measured(groups_of("c a a", "a c c"))
    assert correct_table(pool).rows == diversity_table(pool).rows == position_table(pool).rows == ()


def test_a_vote_that_more_than_half_decide_rightly_has_no_interval() -> None:
    table = correct_table(measured(groups_of("cccab>c", "cccab>c", "ccabd>c")))
    found = {
        (row.cells[2].text, row.cells[3].text): row.cells[table.columns.index("95% low")].text
        for row in table.rows
    }
    assert found["3", "maj@5"] == "n/a"
    assert found["2", "maj@5"] != "n/a"
    assert found["3", "selfRef@5"] != "n/a"
