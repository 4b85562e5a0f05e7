"""Stopping rules on small dialogues."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ptr_eval.stats import agreement, best_fixed, last_round, oracle, replay

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 5))
CORRECT = SHAPES.flatmap(lambda shape: arrays.arrays(np.bool_, shape))


def one_dialogue(*rounds: float) -> npt.NDArray[np.float64]:
    return np.array(rounds, dtype=float)[None, None]


def test_an_answer_refined_away_does_not_count() -> None:
    stopped = replay(last_round((1, 1, 3)), one_dialogue(1, 1, 0), one_dialogue(5, 6, 7))
    assert (stopped.score, stopped.rounds, stopped.tokens) == (0, 3, 18)


def test_stopping_early_saves_the_later_tokens() -> None:
    stopped = replay(np.array([[1]]), one_dialogue(0, 1, 0), one_dialogue(5, 6, 7))
    assert (stopped.score, stopped.rounds, stopped.tokens) == (1, 2, 11)


def test_items_weigh_the_same_however_many_samples_are_recorded() -> None:
    scores = np.array([[[1.0], [np.nan]], [[0.0], [0.0]]])
    stopped = replay(last_round((2, 2, 1)), scores, np.full((2, 2, 1), np.nan))
    assert stopped.score == 0.5
    assert math.isnan(stopped.tokens)


def test_a_dialogue_that_lacks_an_answer_does_not_count() -> None:
    scores = np.array([[[1.0, np.nan]], [[0.0, 1.0]]])
    tokens = np.array([[[5.0, np.nan]], [[5.0, 6.0]]])
    first = replay(np.zeros((2, 1), dtype=np.int64), scores, tokens)
    assert (first.score, first.rounds, first.tokens) == (0, 1, 5)
    np.testing.assert_array_equal(oracle(scores), [[0], [1]])


def test_the_oracle_stops_at_the_first_correct_answer() -> None:
    correct = np.array([[[0, 1, 1], [0, 0, 0], [1, 0, 0]]], dtype=bool)
    np.testing.assert_array_equal(oracle(correct), [[1, 2, 0]])


@given(CORRECT, st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_no_rule_beats_the_oracle(correct: npt.NDArray[np.bool_], seed: int) -> None:
    scores = correct.astype(float)
    best = replay(oracle(correct), scores, scores).score
    assert best == pytest.approx(np.mean(correct.any(axis=2)))
    rng = np.random.default_rng(seed)
    anything = rng.integers(correct.shape[2], size=correct.shape[:2])
    for rule in (anything, last_round(scores.shape), agreement(correct.astype(np.int64))):
        assert replay(rule, scores, scores).score <= best + 1e-12


def test_agreement_stops_at_the_second_of_two_equal_answers() -> None:
    answers = np.array([[[4, 5, 5, 6], [4, 4, 5, 5], [1, 2, 1, 2]]])
    np.testing.assert_array_equal(agreement(answers), [[2, 1, 3]])


def test_missing_answers_agree_with_nothing() -> None:
    answers = np.array([[[-1, -1, 3, 3], [-1, -1, -1, -1]]])
    np.testing.assert_array_equal(agreement(answers), [[3, 3]])


def test_with_one_round_every_rule_stops_there() -> None:
    ones = np.ones((2, 1, 1), dtype=np.int64)
    for rounds in (agreement(ones), oracle(ones.astype(bool)), last_round((2, 1, 1))):
        np.testing.assert_array_equal(rounds, np.zeros((2, 1)))


def test_a_clearly_best_round_is_chosen_by_both_halves() -> None:
    scores = np.tile([0.0, 1.0, 0.0], (10, 1))
    best = best_fixed(scores, rng=np.random.default_rng(0))
    assert (best.mean, best.chosen) == (1, 1)
    np.testing.assert_array_equal(best.rounds, np.ones(10))


def test_either_half_is_scored_in_the_round_that_the_other_chose() -> None:
    scores = np.array([[1.0, 0.0], [0.0, 1.0]])
    best = best_fixed(scores, rng=np.random.default_rng(0))
    assert best.mean == 0
    np.testing.assert_array_equal(best.rounds, [1, 0])


def test_choosing_from_noise_gains_nothing() -> None:
    rng = np.random.default_rng(0)
    means = [best_fixed(rng.random((20, 8)), rng=rng).mean for _ in range(2000)]
    # Choosing and scoring on the same 20 items would average about 0.59.
    assert np.mean(means) == pytest.approx(0.5, abs=0.01)


def test_of_equally_good_rounds_the_cheapest_is_chosen() -> None:
    assert best_fixed(np.ones((4, 3)), rng=np.random.default_rng(0)).chosen == 0


def test_an_unrecorded_round_is_not_chosen() -> None:
    scores = np.array([[np.nan, 0.2, 0.1]] * 4)
    best = best_fixed(scores, rng=np.random.default_rng(0))
    assert best.chosen == 1
    assert best.mean == pytest.approx(0.2)


def test_one_item_cannot_choose_for_another() -> None:
    assert math.isnan(best_fixed(np.array([[0.0, 1.0]]), rng=np.random.default_rng(0)).mean)
