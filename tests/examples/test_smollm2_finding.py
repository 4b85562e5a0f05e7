"""What is said of the demo's runs: whether thinking again helps, and how sure that is."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

finding: Any = import_module("finding")


def scores(**rounds: list[int]) -> dict[str, Any]:
    """How many of 100 questions are right under each condition, round by round."""
    right = {"refine": [30, 30, 30], "repeat": [30, 30, 30], "resample": [30, 28, 26], **rounds}
    return {
        name: np.stack([(np.arange(100) < n).astype(float) for n in counts], axis=1)
        for name, counts in right.items()
    }


def test_a_gain_is_told_with_its_interval_its_sensitivity_and_both_controls() -> None:
    assert finding.sentence(scores(refine=[30, 36, 40])) == (
        "Thinking again helps this model: over 100 questions its score goes from 30.0 % in "
        "round 1 to 40.0 % in round 3, +10.0 points (95 % interval +4.0 to +16.0, p = 0.001); a "
        "true change of 8.4 points is the smallest that four of five such runs would show; "
        "against only giving the answer again, round 3 is +10.0 points (95 % interval +4.0 to "
        "+16.0, p = 0.001), and against starting over +14.0 points (95 % interval +7.1 to "
        "+20.9, p < 0.001)."
    )


def test_a_loss_is_told_as_plainly() -> None:
    said = finding.sentence(scores(refine=[30, 20, 18]))
    assert said.startswith(
        "Thinking again does not help this model but makes its answers worse: over 100 questions "
        "its score goes from 30.0 % in round 1 to 18.0 % in round 3, -12.0 points (95 % interval "
    )


def test_a_change_within_chance_is_not_called_one() -> None:
    said = finding.sentence(scores(refine=[30, 30, 31]))
    assert said.startswith("Thinking again does not measurably change how well this model answers:")


def test_where_no_answer_changes_the_most_that_may_change_is_told() -> None:
    said = finding.sentence(scores())
    assert "+0.0 points (the same for every question); at most 3.7 % of such questions" in said


def test_the_table_has_a_row_for_each_task_and_condition_and_for_all() -> None:
    found = {"demo_sums": scores(), "demo_short": scores(refine=[30, 50, 70])}
    lines = finding.table(found).splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["score in %", "then asked to", "round 1", "round 2", "round 3"]
    assert [row[0] for row in cells[2::3]] == ["demo_sums (100)", "demo_short (100)", "all (200)"]
    assert cells[5] == ["demo_short (100)", "refine the answer", "30.0", "50.0", "70.0"]
    assert cells[8] == ["all (200)", "refine the answer", "30.0", "40.0", "50.0"]


@pytest.mark.parametrize("value", [30, 40])
def test_one_task_needs_no_row_for_all(value: int) -> None:
    lines = finding.table({"ptr_tiny": scores(refine=[30, 30, value])}).splitlines()
    assert len(lines) == 5
