"""Length control: scripted judges with known preferences, and statsmodels."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit

from ptr_eval.stats.length_control import controlled_rate, longer_wins, similar_lengths
from ptr_eval.stats.preferences import win_rate
from tests.ptr_eval.stats.judge_factory import points_of, scripted_verdicts

Floats = npt.NDArray[np.float64]


def lengths(matches: int, seed: int = 0) -> Floats:
    """Draw lengths of a later answer, which is longer by half on average, and an earlier one."""
    rng = np.random.default_rng(seed)
    earlier = rng.uniform(50, 150, matches)
    return np.stack([earlier * rng.uniform(0.8, 2.2, matches), earlier], axis=1)


def judged_by_length(matches: int, b: float, seed: int = 0) -> tuple[Floats, Floats]:
    """Points and differences of a judge that prefers the longer with logistic(b x difference)."""
    found = lengths(matches, seed)
    difference = found[:, 0] - found[:, 1]
    rng = np.random.default_rng(seed + 1)
    verdicts = scripted_verdicts(expit(b * difference), rng=rng)
    return points_of(verdicts), difference


def test_a_liking_for_length_is_taken_out() -> None:
    points, difference = judged_by_length(400, b=0.03)
    decided = ~np.isnan(points)
    points, difference = points[decided], difference[decided]
    assert win_rate(points).rate.value > 0.75
    found = controlled_rate(points, difference[:, None])
    assert found.rate.value == pytest.approx(0.5, abs=0.07)
    assert found.rate.low < 0.5 < found.rate.high
    assert found.slopes[0].low > 0
    assert longer_wins(points, difference).value > 0.8


def test_a_judge_that_always_prefers_the_longer_leaves_nothing_to_estimate() -> None:
    difference = np.subtract(*lengths(400).T)
    points = (difference > 0).astype(float)
    found = controlled_rate(points, difference[:, None])
    assert found.reason == "the traits predict every win"
    assert found.slopes == ()
    assert math.isnan(found.rate.value)
    assert math.isnan(found.rate.low)
    assert longer_wins(points, difference).value == 1.0


def test_a_tie_of_unequal_answers_can_make_it_estimable() -> None:
    points, difference = np.array([1.0, 1, 1, 0, 0, 0]), np.array([3.0, 2, 1, -1, -2, -3])
    assert controlled_rate(points, difference[:, None]).reason
    more_points, more = np.append(points, [0.5, 0.5]), np.append(difference, [-2.5, 2.5])
    assert controlled_rate(more_points, more[:, None]).reason == ""


@pytest.mark.parametrize(
    ("points", "differences", "reason"),
    [
        ([], [], "fewer than two questions"),
        ([1.0], [2.0], "fewer than two questions"),
        ([0.5, 0.5, 0.5], [1.0, 2.0, 3.0], "no match is won or lost"),
        ([1.0, 0.0, 1.0], [2.0, 2.0, 2.0], "the differences do not vary"),
        ([1.0, 0.0], [1.0, 2.0], "too few matches for so many traits"),
        ([1.0, 1.0, 1.0, 1.0], [1.0, 2.0, -1.0, 3.0], "the traits predict every win"),
    ],
)
def test_what_cannot_be_estimated_says_why(
    points: list[float], differences: list[float], reason: str
) -> None:
    found = controlled_rate(np.array(points), np.array(differences).reshape(-1, 1))
    assert found.reason == reason
    assert math.isnan(found.rate.value)


@pytest.mark.parametrize("traits", [1, 4])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_statsmodels_regression_with_clustered_errors(traits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matches = 300
    differences = rng.normal(1, [50.0, 2, 3, 5][:traits], (matches, traits))
    chance = expit(0.4 + differences @ np.array([0.02, 0.1, -0.2, 0.05])[:traits])
    points = np.where(rng.random(matches) < 0.15, 0.5, rng.random(matches) < chance)
    clusters = rng.integers(90, size=matches)
    design = sm.add_constant(differences / differences.std(axis=0))
    fit = sm.GLM(points, design, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True, tol=1e-12
    )
    found = controlled_rate(points, differences, clusters)
    lows, highs = fit.conf_int().T
    assert logit(found.rate.value) == pytest.approx(fit.params[0], abs=1e-6)
    assert found.rate.low == pytest.approx(expit(lows[0]), abs=1e-6)
    assert found.rate.high == pytest.approx(expit(highs[0]), abs=1e-6)
    for slope, value, error, low, high in zip(
        found.slopes, fit.params[1:], fit.bse[1:], lows[1:], highs[1:], strict=True
    ):
        assert (slope.value, slope.error) == pytest.approx((value, error), abs=1e-6)
        assert (slope.low, slope.high) == pytest.approx((low, high), abs=1e-6)


def test_answers_of_about_the_same_length() -> None:
    both = np.array([[100.0, 80], [80, 100], [100, 79], [0, 0], [1, 0]])
    assert similar_lengths(both).tolist() == [True, True, False, True, False]
    assert similar_lengths(both, 0.5).tolist() == [True, True, True, True, False]


def test_ties_and_equal_lengths_say_nothing_of_the_longer() -> None:
    points = np.array([1.0, 0, 0.5, 1, 0])
    assert longer_wins(points, np.array([5.0, -5, 9, 0, 4])).value == pytest.approx(2 / 3)
    assert math.isnan(longer_wins(np.array([0.5]), np.array([3.0])).value)
