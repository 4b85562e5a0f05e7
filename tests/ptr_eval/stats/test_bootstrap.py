"""The bootstrap against analytic errors and SciPy's own."""

import warnings

import numpy as np
import pytest
from scipy import stats as reference

from ptr_eval.stats import (
    bootstrap_means,
    bootstrap_sums,
    clustered_error,
    percentile_interval,
)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_spread_of_draws_is_the_standard_error() -> None:
    values = seeded(1).normal(size=(400, 3))
    draws = bootstrap_means(values, rng=seeded(), repeats=4000)
    errors = [clustered_error(column) for column in values.T]
    assert draws.shape == (4000, 3)
    np.testing.assert_allclose(draws.std(axis=0), errors, rtol=0.05)
    np.testing.assert_allclose(draws.mean(axis=0), values.mean(axis=0), atol=0.005)


def test_the_interval_is_that_of_another_implementation() -> None:
    values = seeded(1).exponential(size=(60, 1))
    peer = reference.bootstrap(
        (values[:, 0],), np.mean, method="percentile", rng=seeded(2), n_resamples=9999
    ).confidence_interval
    low, high = percentile_interval(bootstrap_means(values, rng=seeded()))
    assert (low[0], high[0]) == pytest.approx((peer.low, peer.high), abs=0.01)


def test_whole_clusters_are_drawn() -> None:
    values = np.array([[0.0], [0.0], [1.0], [1.0]])
    draws = bootstrap_means(values, np.array(["a", "a", "b", "b"]), rng=seeded(), repeats=2000)
    assert set(draws[:, 0]) == {0.0, 0.5, 1.0}
    assert np.mean(draws == 0.5) == pytest.approx(0.5, abs=0.05)


def test_the_spread_over_clusters_is_the_clustered_error() -> None:
    clusters = seeded(3).integers(80, size=500)
    values = (seeded(4).normal(size=80)[clusters] + seeded(5).normal(size=500))[:, None]
    draws = bootstrap_means(values, clusters, rng=seeded(), repeats=4000)
    assert draws.std() == pytest.approx(clustered_error(values[:, 0], clusters), rel=0.06)


def test_larger_clusters_weigh_more() -> None:
    values = np.array([[1.0], [0.0], [0.0]])
    draws = bootstrap_means(values, np.array([0, 1, 1]), rng=seeded(), repeats=500)
    assert set(np.round(draws[:, 0], 6)) == {0.0, round(1 / 3, 6), 1.0}


def test_columns_share_their_draws() -> None:
    first = seeded(1).normal(size=50)
    draws = bootstrap_means(np.stack([first, first + 1], axis=1), rng=seeded(), repeats=100)
    np.testing.assert_allclose(draws[:, 1] - draws[:, 0], 1)


def test_what_is_not_recorded_is_left_out_of_its_column_only() -> None:
    values = np.array([[5.0, 1.0], [np.nan, 2.0], [5.0, 3.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draws = bootstrap_means(values, rng=seeded(), repeats=1000)
    drawn = draws[:, 0]
    assert set(drawn[~np.isnan(drawn)]) == {5.0}
    # All three draws hit the middle item in one of 27.
    assert np.mean(np.isnan(drawn)) == pytest.approx(1 / 27, abs=0.02)
    assert not np.isnan(draws[:, 1]).any()


def test_a_seed_fixes_the_draws() -> None:
    values = seeded(1).normal(size=(20, 2))
    once, again = (bootstrap_means(values, rng=seeded(7), repeats=50) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, bootstrap_means(values, rng=seeded(8), repeats=50))


def test_more_repeats_than_fit_at_once_are_all_made() -> None:
    values = np.arange(90_000.0)[:, None]
    draws = bootstrap_means(values, rng=seeded(), repeats=50)
    assert len(np.unique(draws)) == 50


def test_many_equal_items_are_drawn_as_fairly() -> None:
    values = np.repeat([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]], [300, 500, 200], axis=0)
    draws = bootstrap_means(values, rng=seeded(), repeats=4000)
    np.testing.assert_allclose(draws.mean(axis=0), [0.7, 0.8], atol=0.002)
    np.testing.assert_allclose(
        draws.std(axis=0), [clustered_error(column) for column in values.T], rtol=0.05
    )
    expected = np.cov(values.T)[0, 1] / 1000
    assert np.cov(draws.T)[0, 1] == pytest.approx(expected, rel=0.15)


def test_no_items_give_no_means() -> None:
    assert np.isnan(bootstrap_means(np.empty((0, 2)), rng=seeded(), repeats=3)).all()


def test_percentiles_of_known_draws() -> None:
    draws = np.linspace(0, 1, 1001)[:, None] * [1.0, 10.0]
    low, high = percentile_interval(draws, level=0.9)
    np.testing.assert_allclose(low, [0.05, 0.5])
    np.testing.assert_allclose(high, [0.95, 9.5])


def test_sums_draw_the_same_clusters_as_means() -> None:
    values = np.random.default_rng(3).random((30, 2))
    clusters = np.arange(30) // 3
    sums = bootstrap_sums(values, clusters, rng=seeded(), repeats=50)
    means = bootstrap_means(values, clusters, rng=seeded(), repeats=50)
    assert sums / 30 == pytest.approx(means)  # All clusters have three items.


def test_sums_of_nothing_are_zero() -> None:
    assert not bootstrap_sums(np.empty((0, 2)), rng=seeded(), repeats=5).any()
