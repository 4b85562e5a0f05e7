"""Means, rates and their errors, against SciPy and statsmodels."""

import math
import warnings
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference
from statsmodels.stats.proportion import proportion_confint

from ptr_eval.stats import clustered_error, interval, mean_estimate, recorded_mean, wilson

Floats = npt.NDArray[np.float64]


def some_values(items: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=items)


def test_without_clusters_the_error_is_the_standard_deviation_over_root_n() -> None:
    values = some_values(37)
    assert clustered_error(values) == pytest.approx(reference.sem(values), rel=1e-12)


def test_clusters_of_one_are_no_clusters_whatever_their_names() -> None:
    values = some_values(37)
    names = np.array([f"passage {i}" for i in reversed(range(37))])
    assert clustered_error(values, names) == pytest.approx(clustered_error(values), rel=1e-14)


def test_a_clustered_error_worked_by_hand() -> None:
    # Mean 3/4; deviations 1/4, 1/4 | 1/4, -3/4; sums 1/2 and -1/2; sqrt(2/1) * sqrt(1/2) / 4.
    values = np.array([1.0, 1.0, 1.0, 0.0])
    assert clustered_error(values, np.array(["a", "a", "b", "b"])) == pytest.approx(0.25)


def test_the_clustered_error_is_that_of_a_regression_on_a_constant() -> None:
    rng = np.random.default_rng(1)
    clusters = rng.integers(9, size=60)
    values = rng.normal(size=60) + clusters
    fit = sm.OLS(values, np.ones(60)).fit(
        cov_type="cluster",
        cov_kwds={"groups": clusters, "use_correction": True, "df_correction": True},
    )
    # statsmodels' correction has one factor more, (N - 1) / (N - 1) for a constant.
    assert clustered_error(values, clusters) == pytest.approx(fit.bse[0], rel=1e-12)


@pytest.mark.parametrize("size", [0, 1, 5])
def test_a_single_cluster_has_no_error(size: int) -> None:
    assert math.isnan(clustered_error(some_values(size), np.zeros(size)))


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30))
@settings(max_examples=50, deadline=None)
def test_duplicated_items_in_clusters_of_two_are_no_news(raw: list[float]) -> None:
    values = np.array(raw)
    twice, pairs = np.repeat(values, 2), np.repeat(np.arange(len(values)), 2)
    assert clustered_error(twice, pairs) == pytest.approx(
        clustered_error(values), rel=1e-9, abs=1e-10
    )


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 4)), min_size=2, max_size=30),
    st.randoms(use_true_random=False),
)
@settings(max_examples=50, deadline=None)
def test_the_order_of_items_does_not_matter(pairs: list[tuple[float, int]], random: Random) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    errors = [
        clustered_error(np.array([v for v, _ in p]), np.array([c for _, c in p]))
        for p in (pairs, shuffled)
    ]
    assert errors[0] == pytest.approx(errors[1], rel=1e-9, abs=1e-10, nan_ok=True)


def test_the_interval_is_students() -> None:
    values = some_values(12)
    estimate = mean_estimate(values, level=0.9)
    expected = reference.ttest_1samp(values, 0).confidence_interval(0.9)
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))
    assert estimate.value == values.mean()


def test_degrees_of_freedom_count_clusters() -> None:
    values, clusters = some_values(12), np.arange(12) // 4
    estimate = mean_estimate(values, clusters)
    quantile = reference.t(2).ppf(0.975)
    assert estimate.high - estimate.value == pytest.approx(quantile * estimate.error)


def test_values_without_variation_have_no_interval() -> None:
    estimate = mean_estimate(np.full(50, 0.1))
    assert estimate.value == pytest.approx(0.1)
    assert estimate.error == 0
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)


def test_nothing_to_average_is_nan_throughout() -> None:
    estimate = mean_estimate(np.array([]))
    assert all(map(math.isnan, [estimate.value, estimate.error, estimate.low, estimate.high]))


def test_one_item_has_a_mean_only() -> None:
    estimate = mean_estimate(np.array([1.0]))
    assert estimate.value == 1
    assert all(map(math.isnan, [estimate.error, estimate.low, estimate.high]))


@pytest.mark.parametrize(("successes", "total"), [(0, 10), (1, 10), (7, 10), (10, 10), (59, 60)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_wilsons_interval(successes: int, total: int, level: float) -> None:
    estimate = wilson(successes, total, level=level)
    peer = proportion_confint(successes, total, alpha=1 - level, method="wilson")
    scipy = reference.binomtest(successes, total).proportion_ci(level, method="wilson")
    assert (estimate.low, estimate.high) == pytest.approx(peer)
    assert (estimate.low, estimate.high) == pytest.approx((scipy.low, scipy.high))
    assert estimate.value == successes / total


def test_wilsons_interval_needs_trials() -> None:
    assert math.isnan(wilson(0, 0).low)


def test_means_leave_out_what_is_not_recorded_and_do_not_warn() -> None:
    values = np.array([[1.0, np.nan, np.nan], [0.0, 3.0, np.nan]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        means = recorded_mean(values, axis=0)
    np.testing.assert_array_equal(means, [0.5, 3.0, np.nan])


SCORES = st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=2, max_size=30)


@given(SCORES)
def test_an_interval_of_scores_lies_within_its_bounds_and_turns_with_right_and_wrong(
    scores: list[float],
) -> None:
    found, turned = interval(np.array(scores)), interval(1 - np.array(scores))
    if math.isnan(found.low):
        assert len(set(scores)) == 1
        assert scores[0] not in (0, 1)
        return
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (turned.low, turned.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-9)


@given(SCORES)
def test_an_interval_shrinks_with_more_of_the_same(scores: list[float]) -> None:
    once, thrice = interval(np.array(scores)), interval(np.array(scores * 3))
    if not math.isnan(once.low):
        assert thrice.high - thrice.low <= once.high - once.low + 1e-12


def test_scores_that_are_all_right_have_wilsons_interval_over_clusters() -> None:
    found = interval(np.ones(20), np.repeat(np.arange(4), 5))
    assert (found.low, found.high) == (wilson(4, 4).low, wilson(4, 4).high)
    assert interval(np.ones(20)).low == pytest.approx(0.8389, abs=1e-4)


def test_scores_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="values must be recorded; leave out what is nan first"):
        interval(np.array([1.0, np.nan]))
