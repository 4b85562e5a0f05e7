"""How much of a judge's preference is a preference for longer answers, in three figures.

The share of wins by the longer answer, the win rate among answers of about the same length, and the
win rate that a regression predicts for answers of the same length. The last is a plain logistic
regression, and not AlpacaEval's own figure, which regularises and has terms of its own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, stdtrit

from ptr_eval.stats.arrays import Bools, Floats, check_recorded
from ptr_eval.stats.estimates import Estimate, interval, number_clusters

_STEPS = 100
_CLOSE = 1e-10
_SEPARATED = 1e-7
_NOTHING = Estimate(*[float("nan")] * 4)


@dataclass(frozen=True, slots=True)
class ControlledRate:
    """The win rate between answers that do not differ in some traits."""

    rate: Estimate
    """The predicted rate; all nan where it is not estimable."""
    slopes: tuple[Estimate, ...]
    """By trait, the change of the log odds of a win with one standard deviation of difference;
    empty where they are not estimable."""
    reason: str
    """Why it is not estimable; empty if it is."""


def longer_wins(
    points: Floats, differences: Floats, clusters: npt.NDArray[Any] | None = None
) -> Estimate:
    """Estimate how often the longer answer wins."""
    check_recorded(points, "points")
    counted = (points != 0.5) & (differences != 0)
    won = (points > 0.5) == (differences > 0)
    numbers = number_clusters(len(points), clusters)
    return interval(won[counted].astype(np.float64), numbers[counted])


def similar_lengths(lengths: Floats, share: float = 0.2) -> Bools:
    """Find the matches between answers of about the same length."""
    longest = lengths.max(axis=1)
    return np.asarray(longest - lengths.min(axis=1) <= share * longest)


def controlled_rate(
    points: Floats,
    differences: Floats,
    clusters: npt.NDArray[Any] | None = None,
    *,
    level: float = 0.95,
) -> ControlledRate:
    """Predict the win rate between answers that do not differ."""
    check_recorded(points, "points")
    numbers = number_clusters(len(points), clusters)
    count = len(np.unique(numbers))
    if count < 2:
        return _not_estimable("fewer than two questions")
    if (points == 0.5).all():
        return _not_estimable("no match is won or lost")
    # Not centred: the intercept belongs to answers that do not differ.
    scale = differences.std(axis=0)
    if not (scale > 0).all():
        return _not_estimable("the differences do not vary")
    design = np.column_stack([np.ones(len(points)), differences / scale])
    if len(points) <= design.shape[1] or np.linalg.matrix_rank(design) < design.shape[1]:
        return _not_estimable("too few matches for so many traits")
    if _is_separated(design, points):
        return _not_estimable("the traits predict every win")
    fitted = _fit(design, points)
    if fitted is None:
        return _not_estimable("the regression does not converge")
    errors = _clustered_errors(design, points, fitted, numbers)
    width = float(stdtrit(count - 1, (1 + level) / 2))
    found = [_around(value, error, width) for value, error in zip(fitted, errors, strict=True)]
    return ControlledRate(_as_rate(found[0]), tuple(found[1:]), "")


def _not_estimable(reason: str) -> ControlledRate:
    return ControlledRate(_NOTHING, (), reason)


def _is_separated(design: Floats, points: Floats) -> bool:
    """Tell whether some direction predicts all wins, so that going on in it always fits better."""
    from scipy.optimize import linprog

    signed = np.sign(points - 0.5)[:, None] * design
    decided, tied = signed[points != 0.5], design[points == 0.5]
    # A direction b with s x b >= 0 for every match (s = 1 for a win, -1 for a loss), x b = 0 for
    # every tie, and not 0 throughout (Albert and Anderson 1984).
    found = linprog(
        -decided.sum(axis=0),
        A_ub=-decided,
        b_ub=np.zeros(len(decided)),
        A_eq=tied if len(tied) else None,
        b_eq=np.zeros(len(tied)) if len(tied) else None,
        bounds=(-1, 1),
    )
    return bool(found.success and -found.fun > _SEPARATED)


def _fit(design: Floats, points: Floats) -> Floats | None:
    """Fit by Newton's method; None if that does not end."""
    coefficients = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        rate = expit(design @ coefficients)
        information = design.T @ (design * (rate * (1 - rate))[:, None])
        try:
            step = np.linalg.solve(information, design.T @ (points - rate))
        except np.linalg.LinAlgError:
            return None
        coefficients = coefficients + step
        if np.abs(step).max() < _CLOSE:
            return coefficients
    return None


def _clustered_errors(
    design: Floats, points: Floats, coefficients: Floats, numbers: npt.NDArray[np.int64]
) -> Floats:
    matches, terms = design.shape
    rate = expit(design @ coefficients)
    bread = np.linalg.inv(design.T @ (design * (rate * (1 - rate))[:, None]))
    scores = design * (points - rate)[:, None]
    sums = np.stack([np.bincount(numbers, weights=column) for column in scores.T], axis=1)
    count = len(sums)
    # The sandwich, with the usual correction for few clusters.
    correction = count / (count - 1) * (matches - 1) / (matches - terms)
    variances = correction * np.diag(bread @ (sums.T @ sums) @ bread)
    return np.asarray(np.sqrt(variances))


def _around(value: float, error: float, width: float) -> Estimate:
    return Estimate(
        float(value), float(error), float(value - width * error), float(value + width * error)
    )


def _as_rate(odds: Estimate) -> Estimate:
    """Turn log odds into a rate; its error is the delta method's."""
    value, low, high = (float(expit(end)) for end in (odds.value, odds.low, odds.high))
    return Estimate(value, value * (1 - value) * odds.error, low, high)
