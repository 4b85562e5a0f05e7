"""Means over seeds and questions, with their intervals and tests.

A mean over S seeds and N questions has two sources of error: which seeds were trained, and which
questions were asked. Intervals take both: their variance is that of the seeds' means plus that
of the questions' means less that of single answers (Cameron, Gelbach and Miller 2011), with
Student's t of S - 1 degrees of freedom. Tests "by question" are the paired t test of the
questions' means over all seeds, and take the seeds as given.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds and questions.

    Attributes:
        value: The mean.
        low: Lower end of its 95 % interval over seeds and questions.
        high: Upper end.
        p_questions: Two-sided p of 0, by question, all seeds pooled.
        p_both: Two-sided p of 0, over seeds and questions.
        by_seed: The mean of each seed. [S]
    """

    value: float
    low: float
    high: float
    p_questions: float
    p_both: float
    by_seed: Floats


def mean_of(values: Floats) -> Mean:
    """Average over seeds and questions.

    Args:
        values: One number a seed and question. [S, N]

    Returns:
        The mean with its interval and tests.
    """
    seeds, questions = values.shape
    centred = values - values.mean()

    def variance(means: Floats) -> float:
        groups = means.size
        return float((means**2).sum()) / (groups * max(groups - 1, 1))

    by_question = variance(centred.mean(axis=0))
    both = variance(centred.mean(axis=1)) + by_question - variance(centred.ravel())
    error = math.sqrt(max(both, by_question, variance(centred.mean(axis=1))))
    value = float(values.mean())
    half = float(stdtrit(max(seeds - 1, 1), 0.975)) * error
    return Mean(
        value, value - half, value + half,
        _p(value, math.sqrt(by_question), questions - 1), _p(value, error, max(seeds - 1, 1)),
        values.mean(axis=1),
    )  # fmt: skip


def _p(value: float, error: float, degrees: int) -> float:
    if error == 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * stdtr(degrees, -abs(value) / error))


def percent(mean: Mean) -> str:
    """Write a mean with its interval, in percent."""
    half = 100 * (mean.high - mean.low) / 2
    return f"{100 * mean.value:.1f} ± {half:.1f}"


def points(mean: Mean) -> str:
    """Write a difference with its interval, in points."""
    return f"{100 * mean.value:+.1f} [{100 * mean.low:+.1f}, {100 * mean.high:+.1f}]"


def p_value(p: float) -> str:
    """Write a p value."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
