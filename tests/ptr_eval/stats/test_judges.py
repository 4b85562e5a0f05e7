"""Trust in judges: scripted ones whose habits are known, and kappa against statsmodels."""

import math

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa as reference_kappa

from ptr_eval.stats import interval
from ptr_eval.stats.judges import (
    FIRST,
    NONE,
    SECOND,
    TIE,
    cohen_kappa,
    first_place_share,
    position_consistency,
    retest,
)
from tests.ptr_eval.stats.judge_factory import points_of, scripted_verdicts


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_a_judge_that_always_says_the_first_is_never_consistent() -> None:
    verdicts = np.full((50, 2), FIRST)
    assert position_consistency(verdicts).value == 0.0
    assert first_place_share(verdicts).value == 1.0
    assert np.isnan(points_of(verdicts)).all()
    # Retest alone would praise it.
    assert retest(np.full((100, 3), FIRST)).value == 1.0


def test_a_judge_that_reads_is_consistent_and_takes_each_place_as_often() -> None:
    verdicts = np.array([[FIRST, SECOND], [SECOND, FIRST], [FIRST, SECOND]])
    assert position_consistency(verdicts).value == 1.0
    assert first_place_share(verdicts).value == 0.5


def test_a_tie_is_consistent_with_a_tie_alone() -> None:
    verdicts = np.array([[TIE, TIE], [TIE, FIRST], [SECOND, TIE]])
    assert position_consistency(verdicts).value == pytest.approx(1 / 3)
    assert first_place_share(verdicts).value == 0.5


def test_replies_without_a_verdict_are_left_out() -> None:
    verdicts = np.array([[FIRST, NONE], [NONE, NONE], [FIRST, SECOND]])
    assert position_consistency(verdicts).value == 1.0
    assert first_place_share(verdicts).value == 0.5
    assert math.isnan(position_consistency(verdicts[:2]).value)
    assert math.isnan(first_place_share(verdicts[:2]).value)


def test_a_liking_for_the_first_place_is_measured() -> None:
    verdicts = scripted_verdicts(np.full(4_000, 0.5), place=0.4, rng=rng())
    assert first_place_share(verdicts).value == pytest.approx(0.7, abs=0.02)
    # It agrees with itself if it reads in both orders and prefers the same, or not.
    assert position_consistency(verdicts).value == pytest.approx(2 * 0.7 * 0.3, abs=0.02)


def test_intervals_are_over_questions() -> None:
    verdicts, questions = np.array([[FIRST, SECOND], [FIRST, FIRST]] * 20), np.arange(40) // 3
    same = np.tile([1.0, 0.0], 20)
    assert position_consistency(verdicts, questions) == interval(same, questions)


def test_retest_is_a_mean_over_pairs_of_repeats() -> None:
    verdicts = np.array([[FIRST, FIRST, SECOND], [TIE, TIE, TIE], [NONE, FIRST, NONE]])
    assert retest(verdicts).value == pytest.approx((1 / 3 + 1) / 2)
    assert math.isnan(retest(verdicts[:, :1]).value)


@pytest.mark.parametrize("seed", range(4))
def test_kappa_is_statsmodels_kappa(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    one = drawn.choice(["win", "loss", "tie"], 200, p=[0.5, 0.3, 0.2])
    other = np.where(drawn.random(200) < 0.6, one, drawn.choice(["win", "loss", "tie"], 200))
    names = ["loss", "tie", "win"]
    table = [[int(np.sum((one == a) & (other == b))) for b in names] for a in names]
    found = cohen_kappa(one, other, rng=rng())
    peer = reference_kappa(np.array(table))
    assert found.kappa == pytest.approx(peer.kappa, abs=1e-12)
    assert found.raw == pytest.approx(float(np.mean(one == other)))
    assert (found.low, found.high) == pytest.approx((peer.kappa_low, peer.kappa_upp), abs=0.03)
    assert found.matches == 200


def test_raw_agreement_overstates_and_kappa_does_not() -> None:
    drawn = rng()
    one, other = (drawn.choice(["win", "loss"], 2_000, p=[0.9, 0.1]) for _ in range(2))
    found = cohen_kappa(one, other, rng=rng())
    assert found.raw > 0.78
    assert found.kappa == pytest.approx(0, abs=0.08)
    assert found.low < 0 < found.high


def test_where_chance_agrees_always_there_is_no_kappa() -> None:
    found = cohen_kappa(np.array(["win"] * 5), np.array(["win"] * 5), rng=rng())
    assert math.isnan(found.kappa)
    assert found.raw == 1.0
    nothing = cohen_kappa(np.empty(0), np.empty(0), rng=rng())
    assert math.isnan(nothing.kappa)
    assert nothing.matches == 0
