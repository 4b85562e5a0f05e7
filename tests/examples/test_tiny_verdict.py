"""What is said of a recipe's results: gains, losses, and nothing at all."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ptr_eval.cli import main

verdict: Any = import_module("verdict")
TINY = Path(__file__).parents[2] / "examples" / "tiny"
ROUNDS = 5


def scores(**rounds: list[int]) -> dict[str, Any]:
    """How many of 100 questions each method answers rightly, round by round."""
    right = {"Prompt": [20] * ROUNDS, "IFT": [30, 10, 0, 0, 0], "DPO": [10] * ROUNDS, **rounds}
    return {
        method: np.stack([(np.arange(100) < n).astype(float) for n in counts], axis=1)
        for method, counts in right.items()
    }


def test_a_gain_is_told_with_its_interval() -> None:
    said = verdict.sentence("In-family", scores(PTR=[20, 40, 60, 70, 80]))
    assert said == (
        "In-family: PTR learned to refine, and that pays: PTR's round 5 differs from its round 1 "
        "by +60.0 points (95 % interval +50.2 to +69.8, p < 0.001), and from the best round of "
        "the others, IFT's round 1, by +50.0 points (95 % interval +40.0 to +60.0, p < 0.001)."
    )


def test_a_gain_that_others_have_without_rounds_is_no_triumph() -> None:
    said = verdict.sentence("In-family", scores(PTR=[10, 20, 25, 30, 30]))
    assert "PTR learned to refine, but another method is as good or better:" in said
    assert said.endswith("IFT's round 1, by +0.0 points (the same of every question).")
    said = verdict.sentence("In-family", scores(PTR=[10, 20, 20, 20, 29]))
    assert "another method is as good or better" in said
    assert said.endswith("by -1.0 points (95 % interval -3.0 to +1.0, p = 0.320).")


@pytest.mark.parametrize(
    ("rounds", "summary"),
    [
        ([50, 50, 50, 50, 50], "nothing was gained, PTR did not learn to refine:"),
        ([50, 52, 52, 52, 52], "nothing was gained, PTR did not learn to refine:"),
        ([50, 40, 30, 20, 10], "did not learn to refine, later rounds are worse:"),
    ],
)
def test_nothing_gained_is_said_plainly(rounds: list[int], summary: str) -> None:
    assert summary in verdict.sentence("In-family", scores(PTR=rounds))


def test_a_change_of_every_question_alike_is_certain() -> None:
    said = verdict.sentence("In-family", scores(PTR=[0, 100, 100, 100, 100], IFT=[0] * ROUNDS))
    assert "PTR learned to refine, and that pays" in said
    assert "by +100.0 points (the same of every question)" in said


def test_the_table_has_a_row_for_each_family_and_method() -> None:
    found = {"ptr_tiny": scores(PTR=[20, 40, 60, 70, 80]), "ptr_tiny_heldout": scores(PTR=[5] * 5)}
    lines = verdict.table(found).splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["family", "method", *(f"round {t}" for t in range(1, 6))]
    assert cells[2] == ["In-family", "Prompt", *["20.0"] * 5]
    assert cells[5] == ["In-family", "PTR", "20.0", "40.0", "60.0", "70.0", "80.0"]
    assert [row[:2] for row in cells[6:]] == [
        ["Held-out family", method] for method in ("Prompt", "IFT", "DPO", "PTR")
    ]


def test_saved_runs_are_read_by_question_and_round(tmp_path: Path) -> None:
    rows = [{"question": f"add a {n} 1", "gold": f"a {n} 1", "subject": "need 1"} for n in range(4)]
    for name in ("in_family", "held_out"):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines)
    answers = tmp_path / "answers.jsonl"
    for method in verdict.METHODS:
        for task in verdict.FAMILIES:
            right = 3 if method == "PTR" else 1
            answers.write_text(
                "".join(
                    json.dumps({"doc_id": n, "responses": ["wrong", gold if n < right else "no"]})
                    + "\n"
                    for n, gold in enumerate(row["gold"] for row in rows)
                )
            )
            command = ["--task", str(TINY / f"{task}.yaml"), "--responses", str(answers)]
            out = ["--out", str(tmp_path / "results" / method / task)]
            main(["score", *command, *out, "--metadata", f"ptr_data={tmp_path}"])
    found = verdict.read(tmp_path / "results")
    assert set(found) == set(verdict.FAMILIES)
    for of_task in found.values():
        assert of_task["PTR"].tolist() == [[0, 1], [0, 1], [0, 1], [0, 0]]
        assert of_task["DPO"].tolist() == [[0, 1], [0, 0], [0, 0], [0, 0]]
