"""How often one of two answers is preferred to the other, over matches that come in clusters.

A match is worth 1 point if it is won, 0 if it is lost, and 0.5 if it is tied. Matches that end in
another way have no points; the caller leaves them out, and counts them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ptr_eval.stats.arrays import Floats
from ptr_eval.stats.estimates import Estimate, interval, number_clusters
from ptr_eval.stats.paired import mcnemar_exact


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often answers are preferred to others."""

    rate: Estimate
    """The mean number of points."""
    p: float
    """The two-sided p value of the sign test; nan without matches."""
    matches: int
    """The number of matches."""
    clusters: int
    """The number of clusters that they form."""


def win_rate(points: Floats, clusters: npt.NDArray[Any] | None = None) -> WinRate:
    """Estimate a win rate."""
    count = len(np.unique(number_clusters(len(points), clusters)))
    return WinRate(interval(points, clusters), sign_test(points, clusters), len(points), count)


def sign_test(points: Floats, clusters: npt.NDArray[Any] | None = None) -> float:
    """Test whether as many clusters won more than they lost as the reverse."""
    if not len(points):
        return float("nan")
    # A question counts once, whatever the number of its matches: these are not independent.
    net = np.bincount(number_clusters(len(points), clusters), weights=points - 0.5)
    return mcnemar_exact(int(np.sum(net > 0)), int(np.sum(net < 0)))
