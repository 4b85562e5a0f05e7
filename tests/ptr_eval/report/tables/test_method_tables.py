"""Methods by benchmark, of one's own runs and as published."""

import pytest

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.groups import GroupOrigin
from ptr_eval.report.papers import gsr
from ptr_eval.report.tables.judged_matches import judged_matches_table
from ptr_eval.report.tables.measure_lines import PAPERS_AVERAGE
from ptr_eval.report.tables.method_tables import methods_table
from ptr_eval.report.tables.table import Table
from ptr_eval.runs import Selection
from tests.ptr_eval.report.group_factory import groups_of, measured
from tests.ptr_eval.report.panel_factory import assert_sound

COMMON = "average of the tasks that all rows have ({})"
ITEMS = ("caab>c ccab>c", "aaac>c abde>a", "cccc>c cccc>a", "a--->a cccb>c")


def both() -> list[GroupMeasures]:
    return measured(groups_of(*ITEMS, task="gsr_aime24"), groups_of(*ITEMS, task="mine"))


def by_measure(table: Table, heading: str, published: bool = False) -> dict[str, str]:
    at = table.columns.index(heading)
    return {r.cells[1].text: r.cells[at].text for r in table.rows if r.published == published}


def test_every_way_to_one_answer_is_a_row() -> None:
    table = methods_table(both())
    assert table.columns == ("run", "measure", "AIME24", "mine", COMMON.format(2))
    cells = by_measure(table, "AIME24")
    assert list(cells) == [
        "pass@1", "maj@4", "maj@5 (equal calls)", "maj@k' (equal tokens)", "selfRef@4", "RG@4",
        "headroom used", "pass@4",
    ]  # fmt: skip
    assert cells["selfRef@4"] == "62.5"
    assert cells["pass@4"] == "75.0"
    assert by_measure(table, COMMON.format(2))["pass@4"] == "75.0"
    assert cells["maj@k' (equal tokens)"].endswith("(k' = 5)")
    assert_sound([table])


def test_the_vote_and_the_gap_by_hand() -> None:
    # Votes: 0 and 1; a tie of two is worth a half.
    cells = by_measure(methods_table(measured(groups_of("caab>c", "ccab>a", "ccaa>c"))), "task")
    assert (cells["pass@1"], cells["maj@4"]) == ("41.7", "50.0")
    assert cells["RG@4"].startswith("+16.7 [-")
    assert cells["headroom used"] == "33.3"
    assert cells["maj@5 (equal calls)"] == "n/a"


def test_averages_are_over_the_tasks_that_all_rows_have_and_the_paper_s() -> None:
    five = [groups_of(*ITEMS, task=task) for task in gsr.BENCHMARKS]
    other = groups_of("caab>c", run="other", task="gsr_aime24")
    table = methods_table(measured(*five, groups_of(*ITEMS, task="mine"), other))
    assert table.columns[-2:] == (PAPERS_AVERAGE, COMMON.format(1))
    averages = {(row.cells[0].text, row.cells[1].text): row.cells[-2:] for row in table.rows}
    assert [cell.text for cell in averages["run", "pass@4"]] == ["75.0", "75.0"]
    assert [cell.text for cell in averages["other", "pass@4"]] == ["–", "100.0"]
    apart = methods_table(measured(groups_of(*ITEMS), groups_of(*ITEMS, run="other", task="mine")))
    assert apart.columns[-1] == "mine"


def test_where_too_many_candidates_failed_nothing_is_the_best() -> None:
    table = methods_table(measured(groups_of("caab>c", "caax>c", "ccab>c")))
    assert not any(cell.best for row in table.rows for cell in row.cells)
    assert by_measure(table, "task")["RG@4"] == "+50.0 (8 % failed)"


def test_the_best_way_that_can_be_used_is_marked() -> None:
    table = methods_table(measured(groups_of("caab>c", "ccab>c", "cccc>c")))
    best = {row.cells[1].text for row in table.rows if row.cells[2].best}
    assert best == {"selfRef@4"}


def test_choices_and_other_refiners_are_named() -> None:
    chosen = Selection("task", "s", "rm", "reward", "m", 4, {(0, 0): 0, (1, 0): 3}, 1)
    origin = GroupOrigin({"aggregator": "hf:./big"}, selections=[chosen])
    cells = by_measure(
        methods_table(measured(groups_of("caab>c", "aaac>a", origin=origin))), "task"
    )
    assert cells["BoN@4 (rm)"] == "100.0"
    assert cells["Ref@4 (big)"] == "50.0"
    assert "selfRef@4" not in cells


def judged(**outcomes: int) -> list[GroupMeasures]:
    """A judge that chooses what is right, whose matches ended so."""
    positions: dict[tuple[int, int], int | None] = {(0, 0): 0, (1, 0): 3}
    chosen = Selection("task", "s", "j", "judge", "org/j", 4, positions, 1, outcomes, "rrm")
    origin = GroupOrigin({}, selections=[chosen])
    return measured(groups_of("caab>b", "aaac>a", origin=origin))


def best_of(found: list[GroupMeasures]) -> set[str]:
    return {row.cells[1].text for row in methods_table(found).rows if row.cells[2].best}


def test_a_judge_s_figure_says_how_much_was_decided() -> None:
    found = judged(decided=39, unreadable=0, failed=2)
    table = methods_table(found)
    assert by_measure(table, "task")["BoN@4 (j)"] == "100.0 (39 of 41 decided)"
    assert best_of(found) == {"BoN@4 (j)"}
    assert (
        "BoN@4 (j) of run on task: judge org/j in the form rrm, 41 matches: 39 decided, 2 failed."
        in (table.note)
    )


def test_what_a_judge_did_not_decide_has_no_figure_and_is_not_the_best() -> None:
    found = judged(decided=0, **{"order-dependent": 3, "unreadable": 1})
    table = methods_table(found)
    (row,) = [row for row in table.rows if row.cells[1].text == "BoN@4 (j)"]
    assert row.cells[2].text == "n/a (0 of 4 decided)"
    assert row.cells[2].value is None
    assert "BoN@4 (j)" not in best_of(found)
    assert (
        "4 matches: 0 decided, 3 order-dependent, 1 unreadable. There is no best-of-k figure: the "
        "judge decided no match, so every choice was drawn by a hash."
    ) in table.note
    assert_sound([table])


def test_where_many_matches_failed_nothing_is_ranked() -> None:
    found = judged(decided=19, failed=2)
    assert by_measure(methods_table(found), "task")["BoN@4 (j)"] == "100.0 (19 of 21 decided)"
    assert "BoN@4 (j)" not in best_of(found)
    table = methods_table(found)
    assert "Too many failed for the figure to be ranked." in table.note
    assert not any(row.cells[-1].best for row in table.rows if row.cells[1].text == "BoN@4 (j)")


def test_the_matches_of_every_judge_are_a_table() -> None:
    table = judged_matches_table([*judged(decided=3, tied=1), *judged(decided=2, undecided=5)])
    assert table.columns[:6] == ("run", "task", "measure", "judge", "form", "matches")
    first, older = ([cell.text for cell in row.cells[4:]] for row in table.rows)
    assert table.columns[6:] == (
        "decided", "tied", "order-dependent", "unreadable", "failed", "undecided",
    )  # fmt: skip
    assert first == ["rrm", "4", "3", "1", "–", "–", "–", "–"]
    assert older == ["rrm", "7", "2", "–", "–", "–", "–", "5"]
    assert judged_matches_table(both()).rows == ()


def test_pools_have_votes_alone() -> None:
    cells = by_measure(methods_table(measured(groups_of("c c a", "a a c"))), "task")
    assert cells == {"pass@1": "50.0", "maj@3": "50.0", "pass@3": "100.0"}


def test_published_methods_are_those_of_the_data_file_and_marked() -> None:
    table = methods_table(both(), published=True)
    published = [row for row in table.rows if row.published]
    assert len(published) == len(gsr.methods()) == 15
    for row, source in zip(published, gsr.methods(), strict=True):
        cells = dict(zip(table.columns, row.cells, strict=True))
        assert (cells["run"].text, cells["measure"].text) == (source.model, source.measure)
        assert {name: cells[name].value for name in source.values} == source.values
        assert cells[PAPERS_AVERAGE].value == pytest.approx(source.average, abs=0.065)
        assert cells["mine"].text == "–"
    assert by_measure(table, "AIME24", published=True)["selfRef@4"] == "66.0"
    best = {r.cells[1].text for r in published if r.cells[2].best and r.cells[0].text == gsr.NAME}
    assert best == {"selfRef@4"}
    assert "9.6" not in table.note
    assert "maj@5" in table.note
