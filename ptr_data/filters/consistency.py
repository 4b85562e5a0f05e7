"""Consistency: do a strong model's samples agree, and does its answer follow from the thoughts?

Published as N samples, Sentence-BERT similarity and an unstated threshold; here the mean cosine
over all pairs of samples is the score, and the medoid, the sample closest to all others, is the
answer that is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ptr_eval.config import ModelName, Settings

Vectors = npt.NDArray[np.float64]
Embed = Callable[[Sequence[str]], Vectors]
"""From n texts to n unit vectors."""


class ConsistencySettings(Settings):
    """What is consistent enough."""

    embedder: ModelName = "BAAI/bge-m3"
    """The embedding model, a hub name or a folder."""
    threshold: Annotated[float, Field(ge=-1, le=1)] | None = 0.7
    """The least mean pairwise cosine of the strong samples; None keeps all."""
    thought_threshold: Annotated[float, Field(ge=-1, le=1)] | None = None
    """The least cosine of the answer and the thought nearest to it; None keeps all."""


@dataclass(frozen=True, slots=True)
class Consistency:
    """How well a query's texts agree."""

    medoid: int
    """Which of the samples is closest to all others."""
    samples: float | None
    """The mean cosine over all pairs of samples; None for a single one."""
    thoughts: float | None
    """The largest cosine of the medoid with a shown thought; None without any."""


def consistencies(
    answers: Sequence[Sequence[str]], thoughts: Sequence[Sequence[str]], embed: Embed
) -> list[Consistency]:
    """Score queries, all texts embedded in one batch."""
    texts = [text for group in [*answers, *thoughts] for text in group]
    vectors = iter(embed(texts)) if texts else iter(())
    sides = [[[next(vectors) for _ in group] for group in side] for side in (answers, thoughts)]
    return [_of(a, t) for a, t in zip(*sides, strict=True)]


def verdict(score: Consistency, settings: ConsistencySettings) -> tuple[str, str] | None:
    """Judge a query by its consistency."""
    if settings.threshold is not None and score.samples is not None:
        if score.samples < settings.threshold:
            return "samples disagree", f"{score.samples:.3f} < {settings.threshold}"
    if settings.thought_threshold is not None and score.thoughts is not None:
        if score.thoughts < settings.thought_threshold:
            detail = f"{score.thoughts:.3f} < {settings.thought_threshold}"
            return "answer far from thoughts", detail
    return None


def _of(answers: Sequence[Vectors], thoughts: Sequence[Vectors]) -> Consistency:
    matrix = np.stack(answers)
    cosines = matrix @ matrix.T
    count = len(answers)
    # Ties go to the first; rounding keeps equal sums equal on every machine.
    medoid = int(np.argmax(np.round(cosines.sum(axis=1), 6)))
    mean = (cosines.sum() - np.trace(cosines)) / (count * (count - 1)) if count > 1 else None
    nearest = max((float(matrix[medoid] @ thought) for thought in thoughts), default=None)
    return Consistency(
        medoid,
        None if mean is None else round(float(mean), 6),
        None if nearest is None else round(nearest, 6),
    )
