"""Win rates: with points known by construction, and against SciPy."""

import math

import numpy as np
import pytest
from scipy import stats as reference

from ptr_eval.stats import interval
from ptr_eval.stats.preferences import sign_test, win_rate
from tests.ptr_eval.stats.judge_factory import points_of, scripted_verdicts


def test_a_tie_is_half_a_win() -> None:
    found = win_rate(np.array([1.0, 0.5, 0.0, 1.0]))
    assert found.rate.value == 0.625
    assert found.rate == interval(np.array([1.0, 0.5, 0.0, 1.0]))
    assert (found.matches, found.clusters) == (4, 4)


def test_the_interval_is_over_questions() -> None:
    points, questions = np.array([1.0, 1, 1, 0, 0, 0, 1, 1]), np.array([3, 3, 3, 5, 5, 5, 7, 7])
    found = win_rate(points, questions)
    assert found.rate == interval(points, questions)
    assert found.rate.error > win_rate(points).rate.error
    assert (found.matches, found.clusters) == (8, 3)


def test_the_sign_test_counts_questions_and_not_matches() -> None:
    points = np.array([1.0] * 9 + [0.0] * 2 + [0.5])
    assert sign_test(points) == pytest.approx(reference.binomtest(9, 11).pvalue)
    assert win_rate(points).p == sign_test(points)
    # The same, three times each: no more is known than before.
    assert sign_test(np.repeat(points, 3), np.repeat(np.arange(12), 3)) == sign_test(points)
    # A question that is won as often as lost says nothing.
    assert sign_test(np.array([1.0, 0.0]), np.array([4, 4])) == 1.0


def test_without_matches_there_is_no_rate() -> None:
    found = win_rate(np.empty(0))
    assert math.isnan(found.rate.value)
    assert math.isnan(found.p)
    assert (found.matches, found.clusters) == (0, 0)


def test_matches_without_points_are_refused() -> None:
    with pytest.raises(ValueError, match="values must be recorded"):
        win_rate(np.array([1.0, np.nan]))


def coverage(questions: int, runs: int = 5_000, samples: int = 2) -> float:
    """Find how often intervals hold the true rate of a judge that likes the first place."""
    rng = np.random.default_rng(7)
    liked = np.array([0.35, 0.55, 0.75, 0.9])  # By kind of question.
    place = 0.3
    won = (place + (1 - place) * liked) * (1 - (place + (1 - place) * (1 - liked)))
    lost = (place + (1 - place) * (1 - liked)) * (1 - (place + (1 - place) * liked))
    true = won.sum() / (won + lost).sum()
    prefers = np.repeat(rng.choice(liked, size=(runs, questions))[..., None], samples, axis=-1)
    points = points_of(scripted_verdicts(prefers, place=place, rng=rng)).reshape(runs, -1)
    numbers = np.repeat(np.arange(questions), samples)
    held = 0
    for of_run in points:
        decided = ~np.isnan(of_run)
        found = win_rate(of_run[decided], numbers[decided]).rate
        held += found.low <= true <= found.high
    return held / runs


def test_intervals_hold_the_true_rate_as_often_as_they_say() -> None:
    assert 0.94 <= coverage(200) <= 0.96
