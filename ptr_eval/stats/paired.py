"""Tests of the same items twice or more: two rounds, two models, all rounds of a run.

Pairing takes the items' difficulty out of the comparison. Yes-or-no answers have exact tests
of their own; `holm` corrects for making several tests at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, chdtrc, stdtr

from ptr_eval.stats.arrays import Floats, check_recorded
from ptr_eval.stats.estimates import clustered_error, number_clusters, t_half_width, wilson
from ptr_eval.stats.power import detectable


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference in means over the same items."""

    value: float
    """Mean after minus mean before."""
    error: float
    """Its standard error over clusters."""
    low: float
    """Lower end of its confidence interval; nan where there is none."""
    high: float
    """Upper end; nan where there is none."""
    p: float
    """Two-sided p value of no difference; nan where it cannot be told."""
    detectable: float
    """The smallest true difference that such a run would find."""
    items: int
    """The number of items."""
    clusters: int
    """The number of clusters they form."""


@dataclass(frozen=True, slots=True)
class Omnibus:
    """A test of several rounds at once."""

    statistic: float
    """The test statistic; nan where there is none."""
    degrees: int
    """Its degrees of freedom."""
    p: float
    """The p value; nan where it cannot be told."""


def paired_difference(
    before: Floats,
    after: Floats,
    clusters: npt.NDArray[Any] | None = None,
    *,
    level: float = 0.95,
    power: float = 0.8,
) -> Difference:
    """Compare two means over the same items by a t test of their paired differences.

    Args:
        before: One number an item. [N]
        after: One number an item. [N]
        clusters: Each item's cluster; None if each is one of its own. [N]
        level: The interval's confidence.
        power: How often the detectable difference is to be found at this level.

    Returns:
        The difference. Fewer than two clusters give no error, interval or test. An error of
        0, from differences without variation, leaves a t test no noise to go by: then p is the
        exact sign test's, which for one yes-or-no answer an item is McNemar's; the interval is
        that of `certain_interval`; and there is no detectable difference.

    Raises:
        ValueError: A number is nan.
    """
    differences = after - before
    items = len(differences)
    count = int(number_clusters(items, clusters).max()) + 1 if items else 0
    value = float(differences.mean()) if items else float("nan")
    error = clustered_error(differences, clusters)
    if error > 0:
        half = t_half_width(error, count - 1, level)
        low, high, p = value - half, value + half, _t_test(value / error, count - 1)
        smallest = detectable(error, alpha=1 - level, power=power)
    else:
        p, smallest = _sign_test(value, count), float("nan")
        low, high = certain_interval(value, count, level=level)
    return Difference(value, error, low, high, p, smallest, items, count)


def certain_interval(value: float, clusters: int, *, level: float = 0.95) -> tuple[float, float]:
    """Find the interval of a difference that is the same in every cluster.

    A difference of 1 (or -1) throughout, all wrong before and all right after, is the end of its
    range from -1 to 1, and has Wilson's interval on that range, with the clusters as trials.

    Args:
        value: The difference.
        clusters: How many clusters have it.
        level: The interval's confidence.

    Returns:
        Its ends; nan for any other difference, and for fewer than two clusters.
    """
    if clusters < 2 or not np.isclose(abs(value), 1):
        return float("nan"), float("nan")
    least = 2 * wilson(clusters, clusters, level=level).low - 1
    return (least, 1.0) if value > 0 else (-1.0, -least)


def mcnemar_exact(fixed: int, broken: int) -> float:
    """Test whether as many items were fixed as broken.

    p = min(1, 2 sum_{j <= min(b, d)} C(b + d, j) 2^-(b + d)): under the hypothesis each of the
    b + d changes is a fair coin's toss (McNemar 1947, in its exact form).

    Args:
        fixed: How many items were wrong before and right after.
        broken: How many were right before and wrong after.

    Returns:
        The two-sided p value; 1 if nothing changed.
    """
    return min(1.0, 2 * float(bdtr(min(fixed, broken), fixed + broken, 0.5)))


def cochran_q(correct: npt.NDArray[Any]) -> Omnibus:
    """Test whether all rounds are equally accurate.

    Q = (T - 1) (T sum_t G_t^2 - G^2) / (T G - sum_i L_i^2), with G_t correct in round t, L_i
    correct rounds of item i, and G in all; about chi-squared with T - 1 degrees of freedom
    (Cochran 1950).

    Args:
        correct: Whether each item is correct in each round. [N, T]

    Returns:
        The test; a statistic of 0 if no item ever changed, nan without items or with one round.

    Raises:
        ValueError: An answer is neither correct nor not, as those that do not exist.
    """
    check_recorded(correct, "answers")
    items, rounds = correct.shape
    if items == 0 or rounds < 2:
        return Omnibus(float("nan"), max(rounds - 1, 0), float("nan"))
    by_round, by_item = correct.sum(axis=0), correct.sum(axis=1)
    total = int(by_round.sum())
    variation = rounds * total - int(np.sum(by_item**2))
    spread = rounds * int(np.sum(by_round**2)) - total**2
    statistic = (rounds - 1) * spread / variation if variation else 0.0
    return Omnibus(statistic, rounds - 1, float(chdtrc(rounds - 1, statistic)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for making several tests (Holm 1979).

    Args:
        p_values: The p values; nan where a test could not be made.

    Returns:
        The adjusted values in the same order: the i-th smallest of m times m - i + 1, at least
        the one before, at most 1. Those that are nan stay so and do not count.
    """
    raw = np.asarray(p_values, dtype=float)
    order = np.argsort(raw)[: int(np.sum(~np.isnan(raw)))]
    factors = np.arange(len(order), 0, -1)
    adjusted = np.full(len(raw), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(raw[order] * factors), 1.0)
    return [float(p) for p in adjusted]


def _sign_test(value: float, clusters: int) -> float:
    """Test a difference that is the same in every cluster: as many tosses of a fair coin."""
    if clusters < 2:
        return float("nan")
    return 1.0 if np.isclose(value, 0, atol=1e-12) else mcnemar_exact(clusters, 0)


def _t_test(statistic: float, degrees: int) -> float:
    return 2 * float(stdtr(degrees, -abs(statistic)))
