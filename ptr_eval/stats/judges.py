"""How far a judge can be trusted: whether it repeats itself, and whether others agree with it.

Verdicts are numbers here: 0 for the answer that is shown first, 1 for the one that is shown second,
2 for a tie, and -1 where a reply has none.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ptr_eval.stats.arrays import Codes, Floats
from ptr_eval.stats.bootstrap import bootstrap_means, percentile_interval
from ptr_eval.stats.estimates import Estimate, interval, number_clusters

FIRST, SECOND, TIE, NONE = 0, 1, 2, -1
"""The numbers of verdicts."""

_SWAPPED = np.array([SECOND, FIRST, TIE])


@dataclass(frozen=True, slots=True)
class Kappa:
    """How far two judges agree about the same matches."""

    kappa: float
    """Cohen's kappa: the agreement beyond chance, as a share of what is possible beyond chance; nan
    where chance alone would agree always."""
    low: float
    """Lower end of its 95 % interval; nan where there is none."""
    high: float
    """Upper end; nan where there is none."""
    raw: float
    """The share of matches about which they say the same."""
    matches: int
    """The number of matches that both judged."""


def position_consistency(verdicts: Codes, clusters: npt.NDArray[Any] | None = None) -> Estimate:
    """Estimate how often a judge says the same in both orders."""
    read = (verdicts != NONE).all(axis=1)
    same = verdicts[read, 0] == _SWAPPED[verdicts[read, 1]]
    numbers = number_clusters(len(verdicts), clusters)
    return interval(same.astype(np.float64), numbers[read])


def first_place_share(verdicts: Codes, clusters: npt.NDArray[Any] | None = None) -> Estimate:
    """Estimate how often a judge prefers the answer that is shown first."""
    numbers = np.repeat(number_clusters(len(verdicts), clusters), 2)
    read = np.repeat((verdicts != NONE).all(axis=1), 2)
    stated = verdicts.ravel()
    prefers = read & ((stated == FIRST) | (stated == SECOND))
    return interval((stated[prefers] == FIRST).astype(np.float64), numbers[prefers])


def retest(verdicts: Codes, clusters: npt.NDArray[Any] | None = None) -> Estimate:
    """Estimate how often a judge says the same when it is asked the same again."""
    repeats = verdicts.shape[1]
    pairs = [(i, j) for i in range(repeats) for j in range(i)]
    equal, known = np.zeros(len(verdicts)), np.zeros(len(verdicts))
    for i, j in pairs:
        both = (verdicts[:, i] != NONE) & (verdicts[:, j] != NONE)
        known += both
        equal += both & (verdicts[:, i] == verdicts[:, j])
    counted = known > 0
    numbers = number_clusters(len(verdicts), clusters)
    return interval(equal[counted] / known[counted], numbers[counted])


def cohen_kappa(
    one: npt.NDArray[Any],
    other: npt.NDArray[Any],
    clusters: npt.NDArray[Any] | None = None,
    *,
    rng: np.random.Generator,
    repeats: int = 2_000,
) -> Kappa:
    """Compute Cohen's kappa of two judges."""
    if not len(one):
        nothing = float("nan")
        return Kappa(nothing, nothing, nothing, nothing, 0)
    names, codes = np.unique(np.concatenate([one, other]), return_inverse=True)
    size, rows, columns = len(names), codes[: len(one)], codes[len(one) :]
    cells = np.zeros((len(one), size * size))
    cells[np.arange(len(one)), rows * size + columns] = 1
    shares = cells.mean(axis=0).reshape(1, size, size)
    draws = bootstrap_means(cells, clusters, rng=rng, repeats=repeats).reshape(-1, size, size)
    drawn = _kappas(draws)
    known = drawn[~np.isnan(drawn)]
    low, high = percentile_interval(known) if len(known) > 1 else (np.nan, np.nan)
    raw = float(np.trace(shares[0]))
    return Kappa(float(_kappas(shares)[0]), float(low), float(high), raw, len(one))


def _kappas(shares: Floats) -> Floats:
    """Compute kappa of tables of shares, [R, C, C] to [R]; nan where chance agrees always."""
    observed = np.trace(shares, axis1=1, axis2=2)
    chance = np.sum(shares.sum(axis=1) * shares.sum(axis=2), axis=1)
    possible = 1 - chance > 1e-12
    return np.where(possible, (observed - chance) / np.where(possible, 1 - chance, 1.0), np.nan)
