"""Plurality votes over sampled answers, and what k of n samples come to on average.

Answers are codes: equal codes are equivalent answers, -1 is no answer, which casts no vote. A
tie is worth the mean correctness of the tied answers; without any answer a vote is wrong. An answer
that does not exist, whose correctness is nan, is no vote and no sample: it is refused.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import comb

from ptr_eval.stats.arrays import Codes, Floats, check_recorded

_MOST_SAMPLES = 1000
"""The number of subsets of more samples overflows."""


def votes(classes: Codes, correct: npt.NDArray[Any]) -> Floats:
    """Let the answers of each group vote.

    Args:
        classes: Codes of the answers, -1 for none. [..., k]
        correct: Whether each answer is correct. [..., k]

    Returns:
        The expected correctness of each group's vote. [...]

    Raises:
        ValueError: An answer does not exist.
    """
    check_recorded(correct, "candidates")
    answered = classes >= 0
    same = (classes[..., :, None] == classes[..., None, :]) & answered[..., None]
    support = same.sum(axis=-1)
    # Tied classes are of one size, so the mean over their answers is the mean over them.
    winning = answered & (support == support.max(axis=-1, keepdims=True, initial=0))
    right = np.where(winning, correct, 0.0).sum(axis=-1)
    return np.asarray(right / np.maximum(winning.sum(axis=-1), 1))


def vote(classes: Codes, correct: npt.NDArray[Any]) -> float:
    """Let the answers of one group vote.

    Args:
        classes: Codes of the answers, -1 for none. [k]
        correct: Whether each answer is correct. [k]

    Returns:
        The expected correctness of the vote.

    Raises:
        ValueError: An answer does not exist.
    """
    return float(votes(classes, correct))


def pass_curve(correct: npt.NDArray[Any]) -> Floats:
    """Estimate the chance that any of k samples is correct, for every k.

    1 - C(n - c, k) / C(n, k) for n samples with c correct, without bias (Chen et al. 2021,
    arXiv:2107.03374, equation 1).

    Args:
        correct: Whether each sample is correct. [n]

    Returns:
        pass@1 to pass@n. [n]

    Raises:
        ValueError: A sample does not exist.
    """
    check_recorded(correct, "samples")
    left = np.arange(len(correct), 0, -1)
    return np.asarray(1 - np.cumprod(np.maximum(left - np.sum(correct), 0) / left))


def majority_curve(
    classes: Codes, correct: npt.NDArray[Any], *, largest: int | None = None
) -> Floats:
    """Estimate the expected correctness of a vote of k samples, for every k.

    The exact mean over all subsets of k of the n samples, which is an unbiased estimate for k
    fresh samples. Subsets are counted by the size M of their largest class and the number t of
    classes of that size: a class of c samples contributes C(c, a) x^a for each a < M in the
    subset, and C(c, M) y x^M if it is one of the largest; the coefficients of x^k y^t in the
    product over classes are the numbers of subsets.

    Args:
        classes: Codes of the answers, -1 for none. [n]
        correct: Whether each answer is correct. [n]
        largest: The largest k wanted; None for n.

    Returns:
        maj@1 to maj@largest; nan for k > n. [largest]

    Raises:
        ValueError: There are more samples than can be counted, or one does not exist.
    """
    check_recorded(correct, "samples")
    samples = len(classes)
    if samples > _MOST_SAMPLES:
        raise ValueError(f"maj@k is computed for at most {_MOST_SAMPLES} samples, not {samples}")
    largest = samples if largest is None else largest
    size = min(samples, largest)
    counts, scores = _tally(classes, correct)
    everything = comb(samples, np.arange(size + 1))
    if len(set(scores)) <= 1:
        # All answers are worth the same: the vote is that, wherever there is any answer.
        silent = comb(samples - counts.sum(), np.arange(size + 1))
        worth = scores.max(initial=0.0) * (everything - silent)
    else:
        sizes = range(1, min(size, int(counts.max())) + 1)
        worth = sum((_worth(counts, scores, samples, most, size) for most in sizes), np.zeros(1))
    curve = np.full(largest, np.nan)
    curve[:size] = (worth / everything)[1:]
    return curve


def majority_at_k(classes: Codes, correct: npt.NDArray[Any], k: int) -> float:
    """Estimate the expected correctness of a vote of k samples from n of them.

    Args:
        classes: Codes of the answers, -1 for none. [n]
        correct: Whether each answer is correct. [n]
        k: How many samples vote, those without an answer included.

    Returns:
        The exact mean over all subsets of k samples, as in `majority_curve`; nan for k > n.
    """
    return float(majority_curve(classes, correct, largest=k)[-1])


def _tally(classes: Codes, correct: npt.NDArray[Any]) -> tuple[Codes, Floats]:
    """Count each class and average its correctness, which its part in a subset has on average."""
    answered = classes >= 0
    numbers, counts = np.unique(classes[answered], return_inverse=True, return_counts=True)[1:]
    right = np.bincount(numbers, weights=correct[answered], minlength=len(counts))
    return counts, right / counts


def _worth(counts: Codes, scores: Floats, samples: int, most: int, size: int) -> Floats:
    """Add up the votes of all subsets whose largest classes are of one size: [size + 1]."""
    reaching = counts >= most
    ties = min(int(reaching.sum()), size // most)
    # By number of tied classes and of samples: how many subsets, and their tied classes' scores.
    ways = np.zeros((2, ties + 1, size + 1))
    ways[0, 0] = comb(samples - counts[reaching].sum(), np.arange(size + 1))
    for count, score in zip(counts[reaching], scores[reaching], strict=True):
        tied = comb(count, most) * ways[:, :-1, : size + 1 - most]
        tied[1] += score * tied[0]
        ways = _times(ways, comb(count, np.arange(most)))
        ways[:, 1:, most:] += tied
    return np.asarray((ways[1, 1:] / np.arange(1, ties + 1)[:, None]).sum(axis=0))


def _times(ways: Floats, factor: Floats) -> Floats:
    """Multiply polynomials, whose coefficients are along the last axis, up to their degree."""
    product = np.zeros_like(ways)
    for power, coefficient in enumerate(factor[: ways.shape[-1]]):
        product[..., power:] += coefficient * ways[..., : ways.shape[-1] - power]
    return product
