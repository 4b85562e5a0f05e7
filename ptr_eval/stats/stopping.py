"""Stopping rules, replayed on dialogues whose rounds were all answered.

A rule says in which round each dialogue stops; the answer of that round counts, and no other:
an answer that was right once and was then refined away is wrong. Rounds are counted from 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ptr_eval.stats.arrays import Codes, Floats
from ptr_eval.stats.estimates import recorded_mean


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stopping rule comes to."""

    score: float
    """The mean score of the rounds stopped in."""
    rounds: float
    """The mean number of rounds run."""
    tokens: float
    """The mean number of tokens generated in a dialogue, up to its stop."""


@dataclass(frozen=True, slots=True, eq=False)
class BestFixed:
    """The best round to stop every dialogue in, chosen and scored on different items."""

    mean: float
    """The mean score of each item in the round that the other half chose; nan for fewer than two
    items."""
    rounds: Codes
    """That round for each item. [N]"""
    chosen: int
    """The round that all items together would choose."""


def last_round(shape: tuple[int, int, int]) -> Codes:
    """Stop every dialogue in the last round.

    Args:
        shape: The numbers N of items, S of samples and T of rounds.

    Returns:
        Where each dialogue stops. [N, S]
    """
    items, samples, rounds = shape
    return np.full((items, samples), rounds - 1)


def best_fixed(scores: Floats, *, rng: np.random.Generator) -> BestFixed:
    """Stop every dialogue in the round that was best on other items.

    The items are split into halves at random. Either half chooses the round with its highest
    mean score, the earliest of equals, and the other half is scored in that round; so the mean
    does not profit from choosing by the very scores that it averages.

    Args:
        scores: Each item's score in each round; nan where nothing is recorded. [N, T]
        rng: What splits the items.

    Returns:
        The choice.
    """
    items = len(scores)
    halves = np.array_split(rng.permutation(items), 2)
    rounds = np.zeros(items, dtype=np.int64)
    for chooses, scored in (halves, halves[::-1]):
        rounds[scored] = _best_round(scores[chooses])
    mean = recorded_mean(scores[np.arange(items), rounds], axis=0) if items > 1 else np.nan
    return BestFixed(float(mean), rounds, _best_round(scores))


def agreement(answers: Codes) -> Codes:
    """Stop a dialogue once two rounds in a row give the same answer.

    Args:
        answers: Codes of the extracted answers; -1 for none, which agrees with nothing.
            [N, S, T]

    Returns:
        Where each dialogue stops, the last round if answers never agree. [N, S]
    """
    agrees = np.zeros(answers.shape, dtype=bool)
    agrees[..., 1:] = (answers[..., 1:] == answers[..., :-1]) & (answers[..., 1:] >= 0)
    return _first(agrees)


def oracle(correct: npt.NDArray[Any]) -> Codes:
    """Stop a dialogue once it is correct: an upper bound on all rules, which nobody can reach.

    Args:
        correct: Whether each answer is correct; nan where there is none. [N, S, T]

    Returns:
        Where each dialogue stops, the last round if it is never correct. [N, S]
    """
    return _first(np.asarray(correct == 1))


def replay(rounds: Codes, scores: Floats, generated_tokens: Floats) -> Stopped:
    """Tell what a stopping rule comes to.

    Args:
        rounds: Where each dialogue stops. [N, S]
        scores: Each answer's score; nan where there is none. A dialogue that lacks one in any
            round does not count. [N, S, T]
        generated_tokens: Tokens that each answer took; nan where not recorded. [N, S, T]

    Returns:
        Means over items of the means over their samples; nan where nothing is recorded.
    """
    at, whole = rounds[..., None], ~np.isnan(scores).any(axis=2)
    score = np.take_along_axis(scores, at, axis=2)[..., 0]
    tokens = np.take_along_axis(np.cumsum(generated_tokens, axis=2), at, axis=2)[..., 0]
    return Stopped(
        *(_mean(np.where(whole, values, np.nan)) for values in (score, rounds + 1.0, tokens))
    )


def _best_round(scores: Floats) -> int:
    means = recorded_mean(scores, axis=0)
    return int(np.argmax(np.where(np.isnan(means), -np.inf, means)))


def _first(stops: npt.NDArray[np.bool_]) -> Codes:
    """Find the first true round, the last if there is none: [N, S]."""
    found = stops.any(axis=-1)
    return np.asarray(np.where(found, stops.argmax(axis=-1), stops.shape[-1] - 1))


def _mean(values: Floats) -> float:
    return float(recorded_mean(recorded_mean(values, axis=1), axis=0))
