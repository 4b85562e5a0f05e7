"""Is the strong model really stronger? A test on a sample, before the expensive run.

Weak and strong models answer the same sampled queries, every answer gets a score, and each weak
model is compared with the strong one by a one-sided Wilcoxon signed-rank test on the paired
scores, as the Progressive Thought Refinement paper does in its appendix.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ptr_eval.config import Settings
from ptr_eval.stats import holm

ScoreArray = npt.NDArray[np.float64]


class GateSettings(Settings):
    """When the strong model counts as stronger."""

    sample: Annotated[int, Field(ge=5)] = 100
    """How many queries are scored."""
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The largest Holm-adjusted p-value that passes, over all weak models."""
    required: bool = True
    """Whether the build stops if the gate fails."""
    least_decided: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The least share of a judge's matches that must be decided, so that there is something to
    test."""


@dataclass(frozen=True, slots=True)
class StrengthComparison:
    """A weak model against the strong one."""

    weak: str
    """The weak model's name."""
    strong: str
    """The strong model's name."""
    pairs: int
    """How many queries both have a score for."""
    weak_mean: float
    """The weak model's mean score over these."""
    strong_mean: float
    """The strong model's."""
    p: float
    """The one-sided p-value of "strong is not better"."""
    adjusted_p: float
    """The same after Holm's correction over the weak models."""
    effect: float
    """The matched-pairs rank-biserial correlation, from -1 (weak always better) to 1."""
    shift: float
    """The Hodges-Lehmann estimate of how much better strong is, in points of the score."""
    matches: dict[str, int] | None = None
    """How many of the judge's matches ended how; None if there was no judge."""
    enough: bool = True
    """Whether a judge decided enough matches for a test."""

    def passes(self, alpha: float) -> bool:
        """Whether the strong model is better beyond doubt."""
        return self.enough and self.adjusted_p <= alpha


def compare(
    scores: Mapping[str, tuple[ScoreArray, ScoreArray]], strong: str
) -> list[StrengthComparison]:
    """Compare weak models with the strong one."""
    pairs = {name: _paired(*both) for name, both in scores.items()}
    p_values = [signed_rank_p(after - before) for before, after in pairs.values()]
    adjusted = holm(p_values)
    return [
        StrengthComparison(
            weak=name,
            strong=strong,
            pairs=len(before),
            weak_mean=_mean(before),
            strong_mean=_mean(after),
            p=p,
            adjusted_p=corrected,
            effect=rank_biserial(after - before),
            shift=hodges_lehmann(after - before),
        )
        for (name, (before, after)), p, corrected in zip(
            pairs.items(), p_values, adjusted, strict=True
        )
    ]


def signed_rank_p(differences: ScoreArray) -> float:
    """Wilcoxon's signed-rank test of "not above zero", one-sided.

    Zeros are ranked and then left out (Pratt), so that many ties do not look like evidence.
    """
    from scipy.stats import wilcoxon

    if not np.any(differences):
        return 1.0
    result = wilcoxon(differences, zero_method="pratt", alternative="greater", method="approx")
    return float(result.pvalue)


def rank_biserial(differences: ScoreArray) -> float:
    """Matched-pairs rank-biserial correlation, (R+ - R-) / (R+ + R-) (Kerby 2014).

    R+ and R- are the sums of the ranks of the absolute differences above and below zero.
    """
    from scipy.stats import rankdata

    kept = differences[differences != 0]
    if not len(kept):
        return 0.0
    ranks = rankdata(np.abs(kept))
    return float(np.sum(ranks * np.sign(kept)) / np.sum(ranks))


def hodges_lehmann(differences: ScoreArray) -> float:
    """The median of all pairwise means (d_i + d_j) / 2 with i <= j (Hodges and Lehmann 1963)."""
    if not len(differences):
        return float("nan")
    rows, columns = np.triu_indices(len(differences))
    return float(np.median((differences[rows] + differences[columns]) / 2))


def _paired(weak: ScoreArray, strong: ScoreArray) -> tuple[ScoreArray, ScoreArray]:
    known = ~(np.isnan(weak) | np.isnan(strong))
    return weak[known], strong[known]


def _mean(values: Sequence[float] | ScoreArray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
