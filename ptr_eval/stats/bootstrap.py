"""Bootstrap of means over clusters of items.

One resample draws whole clusters and is shared by all columns, so that differences between
columns (rounds, methods) keep their pairing.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ptr_eval.stats.arrays import Floats
from ptr_eval.stats.estimates import number_clusters

_CELLS_AT_ONCE = 2_000_000

_MULTINOMIAL_COST = 20
"""How many times longer the multinomial's next number takes to draw than a cluster."""


def bootstrap_means(
    values: Floats,
    clusters: npt.NDArray[Any] | None = None,
    *,
    rng: np.random.Generator,
    repeats: int = 10_000,
) -> Floats:
    """Resample clusters of items and average each column every time.

    A mean is the sum of what was drawn over its number of items, so clusters of unequal sizes
    weigh by size, as they do in the mean itself.

    Args:
        values: One number an item and column; nan where nothing is recorded, which is left
            out of its column's means. [N, M]
        clusters: Each item's cluster; None if each is one of its own. [N]
        rng: Where the draws come from.
        repeats: How many times to resample.

    Returns:
        The means; nan where a draw has nothing recorded. [repeats, M]
    """
    items, columns = values.shape
    draws = np.full((repeats, columns), np.nan)
    if items == 0:
        return draws
    sums, sizes = _by_cluster(values, number_clusters(items, clusters))
    drawn = _resampled(np.hstack([sums, sizes]), rng, repeats)
    counts = np.broadcast_to(drawn[:, columns:], draws.shape)
    np.divide(drawn[:, :columns], counts, out=draws, where=counts > 0)
    return draws


def bootstrap_sums(
    values: Floats,
    clusters: npt.NDArray[Any] | None = None,
    *,
    rng: np.random.Generator,
    repeats: int = 10_000,
) -> Floats:
    """Resample clusters of items and add up each column every time.

    Figures that are computed from sums, such as BLEU, are then computed of each draw.

    Args:
        values: One number an item and column; 0 where nothing is recorded. [N, M]
        clusters: Each item's cluster; None if each is one of its own. [N]
        rng: Where the draws come from.
        repeats: How many times to resample.

    Returns:
        The sums. [repeats, M]
    """
    if not len(values):
        return np.zeros((repeats, values.shape[1]))
    return _resampled(_sums(values, number_clusters(len(values), clusters)), rng, repeats)


def percentile_interval(draws: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Take the percentile interval of bootstrap draws.

    Args:
        draws: The draws along the first axis. [repeats, ...]
        level: The interval's confidence.

    Returns:
        The lower and the upper ends; nan where any draw is. [...]
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.asarray(low), np.asarray(high)


def _by_cluster(values: Floats, numbers: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Add up values [C, M] and count them: [C, M], or [C, 1] if all are recorded."""
    present = ~np.isnan(values)
    counted = present[:, :1] if present.all() else present
    return _sums(np.where(present, values, 0.0), numbers), _sums(counted, numbers)


def _resampled(rows: Floats, rng: np.random.Generator, repeats: int) -> Floats:
    """Draw as many rows as there are, and add them up, every time: [C, M] to [repeats, M]."""
    # Equal rows are one, which counts as often as there are of them.
    rows, copies = np.unique(rows, axis=0, return_counts=True)
    drawn = np.empty((repeats, rows.shape[1]))
    at_once = max(1, _CELLS_AT_ONCE // int(copies.sum()))
    for start in range(0, repeats, at_once):
        block = drawn[start : start + at_once]
        np.matmul(_weights(rng, len(block), copies), rows, out=block)
    return drawn


def _sums(values: npt.NDArray[Any], numbers: npt.NDArray[np.int64]) -> Floats:
    columns = [np.bincount(numbers, weights=column) for column in values.T]
    return np.stack(columns, axis=1).astype(np.float64)


def _weights(rng: np.random.Generator, repeats: int, copies: npt.NDArray[np.int64]) -> Floats:
    """Draw how often each row, of which there are copies, is in each resample: [repeats, R]."""
    rows, clusters = len(copies), int(copies.sum())
    if rows * _MULTINOMIAL_COST < clusters:
        return rng.multinomial(clusters, copies / clusters, size=repeats).astype(np.float64)
    picks = np.repeat(np.arange(rows), copies)[rng.integers(clusters, size=(repeats, clusters))]
    picks += np.arange(repeats)[:, None] * rows
    counts = np.bincount(picks.ravel(), minlength=repeats * rows)
    return counts.reshape(repeats, rows).astype(np.float64)
