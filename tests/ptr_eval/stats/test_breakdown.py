"""Accuracy by number of correct candidates, by diversity and by order."""

import math

import numpy as np
import pytest

from ptr_eval.stats import (
    LevelAccuracy,
    accuracy_by,
    clustered_error,
    correct_candidates,
    correct_position,
    distinct_answers,
    group_estimates,
    group_statistics,
    votes,
    wilson,
)
from tests.ptr_eval.stats.group_factory import candidate_groups, simulated_groups

NAN = math.nan


def counts(accuracies: tuple[LevelAccuracy, ...]) -> list[tuple[float, int, int]]:
    return [(cell.correct, cell.total, cell.questions) for cell in accuracies]


def test_levels_by_hand() -> None:
    groups = candidate_groups(
        [
            [[0, 0, 0], [1, 2, 0], [0, 1, 1]],
            [[-1, -1, -1], [2, 2, 2], [5, -1, 0]],
        ],
        np.ones((2, 3, 1)),
        present=[[True] * 3, [True, True, False]],
    )
    np.testing.assert_array_equal(correct_candidates(groups), [[3, 1, 1], [0, 0, -1]])
    np.testing.assert_array_equal(distinct_answers(groups), [[1, 3, 2], [0, 1, -1]])
    np.testing.assert_array_equal(correct_position(groups), [[-1, 2, 0], [-1, -1, -1]])


def test_accuracy_by_number_of_correct_candidates_by_hand() -> None:
    groups = candidate_groups(
        [[[0, 0], [0, 1], [1, 2]], [[0, 1], [1, 1], [0, 1]]],
        [[[1.0, 1.0], [1.0, 0.0], [0.0, NAN]], [[0.0, 0.0], [0.0, 1.0], [NAN, NAN]]],
    )
    levels = correct_candidates(groups)
    # The last group is not refined, so it does not count for the vote either.
    np.testing.assert_array_equal(levels, [[2, 1, 0], [1, 0, -1]])
    refined = accuracy_by(levels, groups.refined, 3)
    assert counts(refined) == [(1.0, 3, 2), (1.0, 4, 2), (2.0, 2, 1)]
    assert [cell.accuracy.value for cell in refined] == pytest.approx([1 / 3, 1 / 4, 1.0])
    # Answers 1 and 0 of the first question, 0 and 0 of the second.
    expected = clustered_error(np.array([1.0, 0.0, 0.0, 0.0]), np.array([0, 0, 1, 1]))
    assert refined[1].accuracy.error == pytest.approx(expected)
    assert refined[2].accuracy.low == wilson(1, 1).low  # All right, on one question.

    voted = accuracy_by(levels, votes(groups.classes, groups.correct), 3)
    assert counts(voted) == [(0.0, 2, 2), (1.0, 2, 2), (1.0, 1, 1)]
    chosen = accuracy_by(levels, np.array([[True, True, False], [False, False, True]]), 3)
    assert counts(chosen) == [(0.0, 2, 2), (1.0, 2, 2), (1.0, 1, 1)]


def test_a_level_without_groups_has_no_accuracy() -> None:
    groups = candidate_groups([[[0, 0]], [[0, 0]]], np.ones((2, 1, 1)))
    empty = accuracy_by(correct_candidates(groups), groups.refined, 3)[1]
    assert (empty.correct, empty.total, empty.questions) == (0.0, 0, 0)
    assert math.isnan(empty.accuracy.value)


def test_counts_by_level_add_up_to_all_statistics() -> None:
    groups = simulated_groups(np.random.default_rng(0), questions=50, runs=3)
    cells = accuracy_by(correct_candidates(groups), groups.refined, 5)
    statistics = group_statistics(
        np.array([round(cell.correct) for cell in cells]), np.array([cell.total for cell in cells])
    )
    found = group_estimates(groups, rng=np.random.default_rng(0), repeats=2)
    assert statistics.refined == pytest.approx(found.refined.value)
    assert statistics.pass_at_1 == pytest.approx(found.pass_at_1.value)
    assert statistics.pass_at_k == pytest.approx(found.pass_at_k.value)
    for by in (distinct_answers(groups), correct_candidates(groups)):
        by_level = accuracy_by(by, votes(groups.classes, groups.correct), 5)
        assert sum(cell.total for cell in by_level) == 200
        total = sum(cell.correct for cell in by_level)
        assert total / 200 == pytest.approx(found.majority.value)


def test_a_vote_for_the_only_correct_candidate_has_no_favourite_place() -> None:
    groups = simulated_groups(np.random.default_rng(1), questions=400)
    position = correct_position(groups)
    assert (position >= 0).sum() == (correct_candidates(groups) == 1).sum()
    voted = votes(groups.classes, groups.correct)
    cells = accuracy_by(position, voted, 4)
    overall = voted[position >= 0].mean()
    for cell in cells:
        assert abs(cell.accuracy.value - overall) < 3 * cell.accuracy.error


def test_one_question_has_accuracies_without_intervals() -> None:
    groups = candidate_groups([[[0, 1], [0, 1]]], [[[1], [0]]])
    accuracy = accuracy_by(correct_candidates(groups), groups.refined, 3)[1].accuracy
    assert accuracy.value == 0.5
    assert np.isnan([accuracy.error, accuracy.low, accuracy.high]).all()


def test_intervals_by_level_cover_the_truth_at_their_rate() -> None:
    rng = np.random.default_rng(13)

    def rescue(questions: int) -> LevelAccuracy:
        groups = simulated_groups(rng, questions=questions, groups=6, runs=2)
        return accuracy_by(correct_candidates(groups), groups.refined, 5)[1]

    truth = rescue(200_000).accuracy.value
    found = [rescue(60).accuracy for _ in range(2000)]
    covered = np.mean([estimate.low <= truth <= estimate.high for estimate in found])
    assert 0.93 <= covered <= 0.97
