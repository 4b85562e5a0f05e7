"""Paired tests, against SciPy and statsmodels."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference
from statsmodels.stats.contingency_tables import cochrans_q, mcnemar
from statsmodels.stats.multitest import multipletests

from ptr_eval.stats import cochran_q, holm, mcnemar_exact, paired_difference, wilson

PROBABILITIES = st.lists(st.floats(0, 1), max_size=12)


def two_rounds(items: int, seed: int = 0) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).random((2, items))


def test_without_clusters_it_is_the_paired_t_test() -> None:
    before, after = two_rounds(40)
    difference = paired_difference(before, after)
    peer = reference.ttest_rel(after, before)
    interval = peer.confidence_interval(0.95)
    assert difference.p == pytest.approx(peer.pvalue, rel=1e-10)
    assert (difference.low, difference.high) == pytest.approx((interval.low, interval.high))
    assert (difference.items, difference.clusters) == (40, 40)


def test_with_clusters_it_is_a_regression_with_clustered_errors() -> None:
    before, after = two_rounds(60)
    clusters = np.random.default_rng(1).integers(8, size=60)
    fit = sm.OLS(after - before, np.ones(60)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "df_correction": True}, use_t=True
    )
    difference = paired_difference(before, after, clusters)
    assert difference.error == pytest.approx(fit.bse[0])
    assert difference.p == pytest.approx(fit.pvalues[0])
    assert (difference.low, difference.high) == pytest.approx(tuple(fit.conf_int()[0]))
    assert difference.clusters == 8


def test_the_detectable_difference_is_a_multiple_of_the_error() -> None:
    difference = paired_difference(*two_rounds(40), level=0.95, power=0.8)
    assert difference.detectable == pytest.approx(2.8016 * difference.error, rel=1e-4)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=40))
@settings(max_examples=50, deadline=None)
def test_swapping_the_sides_turns_the_sign_and_nothing_else(pairs: list[tuple[int, int]]) -> None:
    before, after = np.array(pairs, dtype=float).T
    there, back = paired_difference(before, after), paired_difference(after, before)
    assert back.value == pytest.approx(-there.value)
    assert back.p == pytest.approx(there.p, nan_ok=True)
    assert back.low == pytest.approx(-there.high, nan_ok=True)


def test_no_change_is_no_evidence_and_no_interval() -> None:
    scores = np.array([0.1, 0.3, 0.7])
    difference = paired_difference(scores, scores)
    assert (difference.value, difference.error, difference.p) == (0, 0, 1)
    assert all(map(math.isnan, [difference.low, difference.high, difference.detectable]))


def test_clusters_whose_changes_cancel_are_no_evidence_either() -> None:
    before, after = np.array([0.0, 1 / 3, 0.0, 0.7]), np.array([1 / 3, 0.0, 0.7, 0.0])
    difference = paired_difference(before, after, np.array([0, 0, 1, 1]))
    assert (difference.error, difference.p) == (0, 1)


def test_equal_changes_in_all_items_are_tossed_coins_without_an_interval() -> None:
    difference = paired_difference(np.zeros(7), np.full(7, 0.1))
    assert difference.value == pytest.approx(0.1)
    assert difference.p == pytest.approx(2 / 2**7)
    assert math.isnan(difference.low)
    assert math.isnan(difference.detectable)


@pytest.mark.parametrize("sign", [1, -1])
def test_all_wrong_and_then_all_right_is_mcnemars_test_with_wilsons_interval(sign: int) -> None:
    difference = paired_difference(np.zeros(20), np.full(20, float(sign)))
    assert difference.p == pytest.approx(mcnemar_exact(20, 0))
    ends = sorted([sign * (2 * wilson(20, 20).low - 1), float(sign)])
    assert [difference.low, difference.high] == pytest.approx(ends)


def test_equal_changes_in_clusters_are_as_many_tosses_as_clusters() -> None:
    difference = paired_difference(np.zeros(12), np.ones(12), np.arange(12) // 4)
    assert difference.p == 0.25


def test_numbers_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="values must be recorded; leave out what is nan first"):
        paired_difference(np.zeros(2), np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="answers must be recorded"):
        cochran_q(np.array([[1.0, np.nan], [1.0, 0.0]]))


@pytest.mark.parametrize("items", [0, 1])
def test_too_few_items_give_no_test(items: int) -> None:
    difference = paired_difference(np.zeros(items), np.ones(items))
    assert all(map(math.isnan, [difference.error, difference.low, difference.p]))
    assert difference.items == items


@pytest.mark.parametrize(("fixed", "broken"), [(0, 0), (1, 0), (0, 6), (5, 5), (12, 3), (700, 750)])
def test_mcnemars_exact_test(fixed: int, broken: int) -> None:
    peer = mcnemar(np.array([[9, broken], [fixed, 4]]), exact=True)
    expected = peer.pvalue if fixed + broken else 1.0
    assert mcnemar_exact(fixed, broken) == pytest.approx(expected)


@given(st.integers(0, 500), st.integers(0, 500))
@settings(max_examples=50, deadline=None)
def test_mcnemars_test_is_a_fair_coins_and_knows_no_direction(fixed: int, broken: int) -> None:
    p = mcnemar_exact(fixed, broken)
    assert p == mcnemar_exact(broken, fixed)
    if fixed + broken:
        peer = reference.binomtest(fixed, fixed + broken).pvalue
        assert p == pytest.approx(peer, rel=1e-9)


def test_mcnemar_by_hand() -> None:
    assert mcnemar_exact(3, 0) == 0.25


@pytest.mark.parametrize("rounds", [2, 3, 6])
def test_cochrans_q(rounds: int) -> None:
    correct = np.random.default_rng(rounds).random((50, rounds)) < np.linspace(0.4, 0.7, rounds)
    test, peer = cochran_q(correct), cochrans_q(correct.astype(int))
    assert (test.statistic, test.p) == pytest.approx((peer.statistic, peer.pvalue))
    assert test.degrees == rounds - 1


def test_cochrans_q_of_two_rounds_is_mcnemars_chi_squared() -> None:
    correct = np.array([[0, 1]] * 9 + [[1, 0]] * 4 + [[1, 1]] * 5, dtype=bool)
    assert cochran_q(correct).statistic == pytest.approx((9 - 4) ** 2 / (9 + 4))


def test_rounds_that_all_agree_are_no_evidence() -> None:
    test = cochran_q(np.array([[True] * 3, [False] * 3]))
    assert (test.statistic, test.p) == (0, 1)


@pytest.mark.parametrize("shape", [(0, 3), (5, 1)])
def test_one_round_or_no_item_gives_no_omnibus_test(shape: tuple[int, int]) -> None:
    test = cochran_q(np.ones(shape, dtype=bool))
    assert math.isnan(test.statistic)
    assert math.isnan(test.p)


@given(PROBABILITIES)
@settings(max_examples=20, deadline=None)
def test_holm(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="holm")[1] if p_values else []
    assert holm(p_values) == pytest.approx(list(expected))


@given(PROBABILITIES)
@settings(max_examples=100, deadline=None)
def test_holm_never_lowers_and_never_reorders(p_values: list[float]) -> None:
    pairs = sorted(zip(p_values, holm(p_values), strict=True))
    assert all(raw <= adjusted <= 1 for raw, adjusted in pairs)
    adjusted = [value for _, value in pairs]
    assert adjusted == sorted(adjusted)


def test_tests_that_could_not_be_made_do_not_count() -> None:
    nan = float("nan")
    assert holm([0.04, nan, 0.01, nan]) == pytest.approx([0.04, nan, 0.02, nan], nan_ok=True)
