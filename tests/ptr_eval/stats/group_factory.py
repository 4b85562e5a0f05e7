"""Groups of candidates for tests, from what is to be said about them alone."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ptr_eval.stats import CandidateGroups


def candidate_groups(
    classes: npt.ArrayLike,
    refined: npt.ArrayLike,
    *,
    right: Sequence[int] = (0,),
    present: npt.ArrayLike | None = None,
    tokens: tuple[float, float] = (float("nan"), float("nan")),
) -> CandidateGroups:
    codes, outcomes = np.asarray(classes), np.asarray(refined, dtype=np.float64)
    return CandidateGroups(
        classes=codes,
        correct=np.isin(codes, right),
        refined=outcomes,
        candidate_tokens=np.full(codes.shape, tokens[0]),
        refined_tokens=np.full(outcomes.shape, tokens[1]),
        present=np.ones(codes.shape[:2], dtype=bool) if present is None else np.array(present),
    )


def simulated_groups(
    rng: np.random.Generator, *, questions: int, groups: int = 4, size: int = 4, runs: int = 1
) -> CandidateGroups:
    """Sample questions of different difficulty; refining knows the difficulty and the vote."""
    difficulty = rng.beta(1.0, 1.0, size=questions)[:, None, None]
    right = rng.random((questions, groups, size)) < difficulty
    classes = np.where(right, 0, rng.integers(-1, 4, size=right.shape))
    chance = 0.1 + 0.6 * right.mean(axis=-1, keepdims=True) + 0.25 * difficulty
    refined = rng.random((questions, groups, runs)) < chance
    return candidate_groups(classes, refined, tokens=(100.0, 250.0))
