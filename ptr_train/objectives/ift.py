"""Plain fine-tuning: the negative log-likelihood of every token that has a weight."""

from dataclasses import dataclass

from torch import Tensor

from ptr_train.objectives.base import (
    Extras,
    LogProbs,
    LossSums,
    layout,
    logprobs_at,
    nll_count,
    nll_sum,
    row_weights,
)
from ptr_train.objectives.settings import IftSettings
from ptr_train.records import Batch


@dataclass(frozen=True, slots=True)
class Ift:
    """L = - sum_k w_k log p(y_k | y_<k) / sum_k w_k, over all tokens or as a mean over rows."""

    settings: IftSettings
    """The settings."""

    def denominators(self, batch: Batch, extras: Extras) -> dict[str, Tensor]:
        """Give what the loss divides by."""
        where = layout(batch)
        weights, rows = batch.weights * where.predicted, row_weights(batch, where)
        return {"nll": nll_count(weights, rows, self.settings.reduction)}

    def __call__(
        self, hidden: Tensor, logprobs: LogProbs, batch: Batch, extras: Extras
    ) -> LossSums:
        """Sum the loss over a micro-batch."""
        where = layout(batch)
        weights, rows = batch.weights * where.predicted, row_weights(batch, where)
        logp = logprobs_at(hidden, logprobs, batch.input_ids, weights > 0)
        value = nll_sum(logp, weights, rows, where, self.settings.reduction)
        return LossSums({"nll": value}, self.denominators(batch, extras))
