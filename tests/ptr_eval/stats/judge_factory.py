"""Matches that scripted judges decide: verdicts in both orders, and the points they come to."""

import numpy as np
import numpy.typing as npt

from ptr_eval.stats.judges import FIRST, SECOND

Floats = npt.NDArray[np.float64]


def scripted_verdicts(
    prefers: Floats, *, place: float = 0.0, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw both orders' verdicts [..., 2] of a judge that prefers the first answer so often [...].

    With the probability `place` it takes the first place without reading.
    """
    shape = (*prefers.shape, 2)
    likes = rng.random(shape) < prefers[..., None]
    takes_first = rng.random(shape) < place
    forward = takes_first[..., 0] | likes[..., 0]
    backward = takes_first[..., 1] | ~likes[..., 1]
    return np.where(np.stack([forward, backward], axis=-1), FIRST, SECOND).astype(np.int64)


def points_of(verdicts: npt.NDArray[np.int64]) -> Floats:
    """Give points [...] to verdicts in both orders [..., 2]; nan where they do not agree."""
    won = (verdicts[..., 0] == FIRST) & (verdicts[..., 1] == SECOND)
    lost = (verdicts[..., 0] == SECOND) & (verdicts[..., 1] == FIRST)
    return np.where(won, 1.0, np.where(lost, 0.0, np.nan))
