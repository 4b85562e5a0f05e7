"""Generative self-refinement: trains to solve directly and to refine candidates, both at once.

The publication does not give the weight of the two parts; its data, with the same number of rows
of each kind, imply equal weights. Here the weight holds for any number of rows of each kind.
"""

from dataclasses import dataclass

from torch import Tensor

from ptr_train.objectives.base import (
    Extras,
    Layout,
    LogProbs,
    LossSums,
    layout,
    logprobs_at,
    nll_count,
    nll_sum,
    row_weights,
)
from ptr_train.objectives.settings import GsrSettings
from ptr_train.records import Batch


@dataclass(frozen=True, slots=True)
class Gsr:
    """L = (1 - lambda) NLL of direct rows + lambda NLL of refining rows; each NLL is a mean."""

    settings: GsrSettings
    """The settings."""

    def denominators(self, batch: Batch, extras: Extras) -> dict[str, Tensor]:
        """Give what each term divides by."""
        parts = _parts(batch, extras, layout(batch))
        return {
            name: nll_count(weights, rows, self.settings.reduction)
            for name, (weights, rows) in parts.items()
        }

    def __call__(
        self, hidden: Tensor, logprobs: LogProbs, batch: Batch, extras: Extras
    ) -> LossSums:
        """Sum each term over a micro-batch."""
        where = layout(batch)
        logp = logprobs_at(hidden, logprobs, batch.input_ids, where.predicted & (batch.weights > 0))
        numerators = {
            name: nll_sum(logp, weights, rows, where, self.settings.reduction)
            for name, (weights, rows) in _parts(batch, extras, where).items()
        }
        return LossSums(numerators, self.denominators(batch, extras))


def _parts(batch: Batch, extras: Extras, where: Layout) -> dict[str, tuple[Tensor, Tensor]]:
    """Give the weights of tokens [B, T] and of rows [B, S], for each kind of row."""
    if extras.refines is None:
        raise ValueError("gsr needs to know which rows refine candidates (`Extras.refines`)")
    refines = extras.refines[:, : where.shape[1]]
    tokens = refines.flatten()[where.row] & where.predicted
    weights, rows = batch.weights * where.predicted, row_weights(batch, where)
    return {
        "direct": (weights * ~tokens, rows * ~refines),
        "refine": (weights * tokens, rows * refines),
    }
