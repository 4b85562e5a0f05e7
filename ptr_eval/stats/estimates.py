"""Means and rates with their standard errors and intervals.

Items that share a passage or a question are not independent, so standard errors are taken over
clusters (Miller, "Adding Error Bars to Evals", arXiv 2411.00640). Nothing here drops values:
unrecorded ones are refused, except in `recorded_mean`.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from ptr_eval.stats.arrays import Floats, check_recorded

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and how far to trust it."""

    value: float
    """The estimate."""
    error: float
    """Its standard error."""
    low: float
    """Lower end of its confidence interval; nan where there is none."""
    high: float
    """Upper end; nan where there is none."""


def recorded_mean(values: Floats, axis: int) -> Floats:
    """Average what is recorded.

    Args:
        values: Any numbers; nan where nothing is recorded.
        axis: The axis to average over.

    Returns:
        The means, without that axis; nan where nothing at all is recorded.
    """
    present = ~np.isnan(values)
    counts = present.sum(axis=axis)
    sums = np.where(present, values, 0.0).sum(axis=axis)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def number_clusters(size: int, clusters: npt.NDArray[Any] | None) -> npt.NDArray[np.int64]:
    """Number clusters from 0."""
    if clusters is None:
        return np.arange(size)
    return np.unique(clusters, return_inverse=True)[1].astype(np.int64)


def clustered_error(values: Floats, clusters: npt.NDArray[Any] | None = None) -> float:
    """Compute the standard error of a mean over items that come in clusters.

    sqrt(C / (C - 1)) / n * sqrt(sum over clusters of (sum of the cluster's deviations)^2)
    (Miller, section 2.2, with the correction for few clusters). For C = n clusters of one it
    is the usual standard deviation over sqrt(n).

    Args:
        values: One number an item. [N]
        clusters: Each item's cluster; None if each is one of its own. [N]

    Returns:
        The standard error; nan for fewer than two clusters.

    Raises:
        ValueError: A value is nan.
    """
    check_recorded(values, "values")
    numbers = number_clusters(len(values), clusters)
    count = int(numbers.max()) + 1 if len(numbers) else 0
    if count < 2:
        return float("nan")
    sums = np.bincount(numbers, weights=values - values.mean())
    error = float(np.sqrt(count / (count - 1) * np.sum(sums**2)) / len(values))
    # What rounding leaves of equal values must not pass for noise.
    return error if error > _ROUNDING * np.abs(values).max() else 0.0


def mean_estimate(
    values: Floats, clusters: npt.NDArray[Any] | None = None, *, level: float = 0.95
) -> Estimate:
    """Estimate a mean, with a t interval of C - 1 degrees of freedom.

    Args:
        values: One number an item. [N]
        clusters: Each item's cluster; None if each is one of its own. [N]
        level: The interval's confidence.

    Returns:
        The estimate. Fewer than two clusters give no error. An error of 0 gives no interval:
        values without any variation say nothing about how much there is.

    Raises:
        ValueError: A value is nan.
    """
    if not len(values):
        return Estimate(*[float("nan")] * 4)
    value, error = float(np.mean(values)), clustered_error(values, clusters)
    degrees = int(number_clusters(len(values), clusters).max())
    half = t_half_width(error, degrees, level)
    return Estimate(value, error, value - half, value + half)


def interval(
    scores: Floats, clusters: npt.NDArray[Any] | None = None, *, level: float = 0.95
) -> Estimate:
    """Estimate a mean of scores between 0 and 1: the one interval of tables, plots and pages.

    It is `mean_estimate`'s t interval over clusters, cut at 0 and 1. Where all scores are 0 or
    all are 1 there is no variation to measure; then it is Wilson's score interval with the
    clusters as trials, since no scores between 0 and 1 vary more than rights and wrongs do.

    Args:
        scores: One score an item. [N]
        clusters: Each item's cluster; None if each is one of its own. [N]
        level: The interval's confidence.

    Returns:
        The estimate, its interval within 0 and 1. Equal scores other than 0 and 1 have none, and
        neither have scores of a single cluster that differ.

    Raises:
        ValueError: A score is nan.
    """
    estimate = mean_estimate(scores, clusters, level=level)
    if len(scores) and estimate.value in (0.0, 1.0):
        trials = int(number_clusters(len(scores), clusters).max()) + 1
        bounds = wilson(estimate.value * trials, trials, level=level)
        return replace(estimate, low=bounds.low, high=bounds.high)
    low, high = np.clip([estimate.low, estimate.high], 0, 1)
    return replace(estimate, low=float(low), high=float(high))


def t_half_width(error: float, degrees: int, level: float) -> float:
    """Compute half the width of a t interval."""
    return float(stdtrit(degrees, (1 + level) / 2)) * error if error > 0 else float("nan")


def wilson(successes: float, total: float, *, level: float = 0.95) -> Estimate:
    """Estimate a rate, with Wilson's score interval.

    The interval's centre is (p + z^2 / 2n) / (1 + z^2 / n) and its half width is
    z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n) (Wilson 1927).

    Args:
        successes: How many succeeded.
        total: Out of how many independent trials.
        level: The interval's confidence.

    Returns:
        The estimate, its error sqrt(p (1 - p) / n); all nan without trials.
    """
    if total == 0:
        return Estimate(*[float("nan")] * 4)
    rate, z = successes / total, float(ndtri((1 + level) / 2))
    spread = rate * (1 - rate) / total
    scale = 1 + z**2 / total
    centre = (rate + z**2 / (2 * total)) / scale
    half = z * float(np.sqrt(spread + z**2 / (4 * total**2))) / scale
    # The exact ends at rates of 0 and 1 are 0 and 1; rounding would miss them.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == total else centre + half
    return Estimate(rate, float(np.sqrt(spread)), low, high)
