"""The committed report on recorded answers, against a computation of its own."""

import csv
import gzip
import json
import os
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ptr_eval.scoring import Score, equivalent, score_maths_batch

TABLE = Path(__file__).parents[3] / "reports" / "recorded_answers" / "tables" / "by-candidates.csv"
SAMPLES = 5


def same(one: Score, other: Score) -> bool:
    """Whether two answers get one another's votes; those that are right all do."""
    if one.answer is None or other.answer is None:
        return False
    if one.verdict == other.verdict == "correct":
        return True
    return one.verdict == other.verdict and equivalent(one.answer, other.answer)


def elected(scores: list[Score], alike: Any, chosen: tuple[int, ...]) -> float:
    """Count hands: the mean correctness of the answers that most of those chosen share."""
    votes = {i: sum(alike[i][j] for j in chosen) for i in chosen if scores[i].answer is not None}
    winners = [i for i in votes if votes[i] == max(votes.values())]
    return float(np.mean([scores[i].value for i in winners])) if winners else 0.0


def curves(scores: list[Score]) -> tuple[list[float], list[float]]:
    """Go through all choices of k samples, for every k."""
    alike = [[same(one, other) for other in scores] for one in scores]
    choices = [list(combinations(range(SAMPLES), k)) for k in range(1, SAMPLES + 1)]
    passed = [np.mean([any(scores[i].value for i in c) for c in of_k]) for of_k in choices]
    voted = [np.mean([elected(scores, alike, c) for c in of_k]) for of_k in choices]
    return [float(p) for p in passed], [float(v) for v in voted]


@pytest.mark.slow
@pytest.mark.skipif("PTR_GRADERS" not in os.environ, reason="needs PTR_GRADERS")
def test_the_committed_figures_are_those_of_a_plain_count() -> None:
    path = Path(os.environ["PTR_GRADERS"], "math500_qwen2_7b_samples.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    pairs = [(response, row["answer"]) for row in rows for response in row["assistant_answer"]]
    scores = score_maths_batch([response for response, _ in pairs], [gold for _, gold in pairs])
    by_problem = [scores[at : at + SAMPLES] for at in range(0, len(scores), SAMPLES)]
    assert len(by_problem) == 500
    passed, voted = 100 * np.mean([curves(problem) for problem in by_problem], axis=0)

    with TABLE.open(encoding="utf-8", newline="") as file:
        shown = [row for row in csv.DictReader(file) if row["run"].startswith("qwen2_7b (")]
    assert [float(row["k"]) for row in shown] == [1, 2, 3, 4, 5]
    assert [float(row["pass@k (%)"]) for row in shown] == pytest.approx(passed)
    assert [float(row["maj@k (%)"]) for row in shown] == pytest.approx(voted)
