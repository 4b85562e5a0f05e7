"""Is the strong model really stronger?"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ptr_data.methods.ptr.strength import compare, hodges_lehmann, rank_biserial, signed_rank_p

DIFFERENCES = st.lists(st.integers(-5, 5), min_size=1, max_size=40).map(
    lambda values: np.asarray(values, dtype=float)
)


def test_a_stronger_model_passes_and_an_equal_one_does_not() -> None:
    rng = np.random.default_rng(3)
    weak = rng.normal(size=80)
    scores = {"small": (weak, weak + 0.8 + rng.normal(size=80)), "same": (weak, weak.copy())}
    small, same = compare(scores, "large")
    assert small.passes(0.05)
    assert not same.passes(0.05)
    assert (small.pairs, small.weak, small.strong) == (80, "small", "large")
    assert small.shift == pytest.approx(0.8, abs=0.3)
    assert small.effect > 0.5
    assert (same.p, same.effect, same.shift) == (1.0, 0.0, 0.0)


def test_a_weaker_strong_model_never_passes() -> None:
    scores = np.linspace(0, 1, 50)
    (found,) = compare({"weak": (scores, scores - 0.5)}, "strong")
    assert found.p > 0.99
    assert found.effect == -1


def test_several_weak_models_are_corrected_for() -> None:
    rng = np.random.default_rng(0)
    weak = rng.normal(size=30)
    strong = weak + rng.normal(0.5, 1, size=30)
    (alone,) = compare({"a": (weak, strong)}, "s")
    together = compare({"a": (weak, strong), "b": (weak, strong), "c": (weak, strong)}, "s")
    assert all(c.adjusted_p == pytest.approx(min(1, 3 * alone.p)) for c in together)


def test_queries_without_a_score_are_left_out() -> None:
    (found,) = compare({"w": (np.array([0, math.nan, 1]), np.array([1, 1, math.nan]))}, "s")
    assert (found.pairs, found.weak_mean, found.strong_mean) == (1, 0.0, 1.0)


@given(DIFFERENCES)
def test_the_test_and_the_effect_turn_round_with_the_signs(differences: np.ndarray) -> None:
    assert rank_biserial(-differences) == pytest.approx(-rank_biserial(differences))
    assert hodges_lehmann(-differences) == pytest.approx(-hodges_lehmann(differences))
    assert hodges_lehmann(differences + 2) == pytest.approx(hodges_lehmann(differences) + 2)
    if np.any(differences):
        assert signed_rank_p(differences) + signed_rank_p(-differences) == pytest.approx(1)


def test_figures_worked_by_hand() -> None:
    differences = np.array([3.0, -1.0, 2.0, 4.0])
    assert rank_biserial(differences) == pytest.approx((3 + 2 + 4 - 1) / 10)
    # Pairwise means: 3, 1, 2.5, 3.5, -1, .5, 1.5, 2, 3, 4.
    assert hodges_lehmann(differences) == pytest.approx(2.25)
    z = (9 - 5) / math.sqrt(4 * 5 * 9 / 24)
    assert signed_rank_p(differences) == pytest.approx(float(stats.norm.sf(z)))
