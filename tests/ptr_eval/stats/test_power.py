"""Detectable effects and sample sizes, against published examples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from ptr_eval.stats import detectable, items_needed


def test_millers_example_of_a_new_benchmark() -> None:
    assert items_needed(1 / 9, 0.03) == 969


@pytest.mark.parametrize(("samples", "published"), [(1, 0.132), (10, 0.075)])
def test_millers_example_of_198_questions(samples: int, published: float) -> None:
    # omega^2 = 1/9 and sigma^2 = 1/6 for either model; the paper cuts 13.27 and 7.57 short.
    error = math.sqrt((1 / 9 + 2 * (1 / 6) / samples) / 198)
    assert detectable(error) == pytest.approx(published, abs=0.001)


def test_the_detectable_effect_is_that_of_a_normal_test() -> None:
    # One group of 50 with unit variance: statsmodels' second group gets no weight by ratio=0.
    peer = NormalIndPower().solve_power(nobs1=50, alpha=0.01, power=0.9, ratio=0)
    assert detectable(1 / math.sqrt(50), alpha=0.01, power=0.9) == pytest.approx(peer, rel=1e-5)


@given(st.floats(0.01, 2), st.floats(0.01, 1), st.sampled_from([0.01, 0.05, 0.1]))
@settings(max_examples=50, deadline=None)
def test_as_many_items_as_needed_suffice_and_one_less_does_not(
    variance: float, effect: float, alpha: float
) -> None:
    items = items_needed(variance, effect, alpha=alpha)
    found = [detectable(math.sqrt(variance / n), alpha=alpha) for n in (items, items - 1) if n]
    assert found[0] <= effect * (1 + 1e-9)
    assert len(found) == 1 or found[1] > effect * (1 - 1e-9)


def test_a_test_finds_its_detectable_effect_as_often_as_asked() -> None:
    rng = np.random.default_rng(0)
    effect = detectable(1.0, power=0.8)
    assert np.mean(np.abs(rng.normal(effect, size=100_000)) > 1.959964) == pytest.approx(
        0.8, abs=0.005
    )
