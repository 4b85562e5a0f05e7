"""Models by training and by size."""

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.groups import GroupOrigin
from ptr_eval.report.tables.model_tables import ablation_table, scales_table
from tests.ptr_eval.report.group_factory import groups_of, measured
from tests.ptr_eval.report.panel_factory import assert_sound, column

ITEMS = ("caab>c ccab>c", "aaac>c abde>a", "cccc>c cccc>a", "a--->a cccb>c")


def both() -> list[GroupMeasures]:
    return measured(groups_of(*ITEMS, task="gsr_aime24"), groups_of(*ITEMS, task="mine"))


def test_training_arms_stand_side_by_side() -> None:
    found = measured(
        groups_of(*ITEMS, run="a", task="gsr_aime24", method="solving"),
        groups_of(*ITEMS, run="b", task="gsr_aime24", method="both"),
    )
    table = ablation_table(found, published=True)
    assert table.columns[2:] == (
        "AIME24 pass@1", "AIME24 selfRef@k", "AIME25 pass@1", "AIME25 selfRef@k",
    )  # fmt: skip
    assert column(table, "method") == [
        "solving", "both", "no training", "direct solving only", "refining only", "hybrid",
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[-1].cells[2:]] == ["37.5", "51.5", "29.0", "36.5"]
    assert table.rows[0].cells[3].text == "62.5"
    assert "9.6 as AIME25's selfRef@4" in table.note


def test_runs_of_one_model_and_method_are_told_apart() -> None:
    found = measured(groups_of(*ITEMS, run="a"), groups_of(*ITEMS, run="b"))
    assert column(ablation_table(found), "method") == ["PTR (a)", "PTR (b)"]


def test_other_refiners_are_no_training_arms() -> None:
    other = groups_of(*ITEMS, origin=GroupOrigin({"aggregator": "hf:x"}))
    assert ablation_table(measured(other)).rows == ()
    assert scales_table(measured(other)).rows == ()


def test_models_of_other_sizes_follow() -> None:
    table = scales_table(both(), published=True)
    assert column(table, "measure")[:3] == ["pass@1", "maj@4", "selfRef@4"]
    assert len(table.rows) == 3 + 12
    assert [cell.text for cell in table.rows[-1].cells] == [
        "Qwen2.5-32B-Instruct", "hybrid", "selfRef@4", "75.2", "67.3", "–",
    ]  # fmt: skip
    assert_sound([table, ablation_table(both(), published=True)])
