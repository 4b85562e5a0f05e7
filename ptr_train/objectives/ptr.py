"""The loss of progressive thought refinement: likelihood, consistency and confidence.

L = lambda_1 NLL + lambda_2 C + lambda_3 P, with lambdas that sum to 1. In the paper, C = sum over
t >= 2 of F_cons(y_t, y_{t-1}) and P = sum over t of beta_t (1 - Pr(y_t)), with F_cons the cosine
of the attempts' text embeddings and beta_t = beta_0 t / n. That cannot work (see `DEFECTS`):
`paper_fixed` corrects it, and `masked_ce` has only the first term.
"""

import logging
from dataclasses import dataclass

import torch
from torch import Tensor

from ptr_eval.errors import UserError
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
from ptr_train.objectives.consistency import hidden_consistency, token_consistency
from ptr_train.objectives.settings import PtrSettings
from ptr_train.records import Batch

_log = logging.getLogger(__name__)

DEFECTS = (
    "the cosine of consecutive attempts is added, so that minimising it would push them apart",
    "attempts are texts of the data, so their cosine is a constant without gradient",
    "Pr(y_t) of a whole attempt underflows, and its gradient with it",
    "confidence is also raised in thoughts, which the thought mask leaves out",
)
"""What is wrong with the published formula."""


def warn_of_conflicts(settings: PtrSettings) -> None:
    """Log settings that contradict each other though they are valid."""
    if settings.variant == "paper_literal":
        _log.warning("paper_literal is the loss as published, in which %s.", "; ".join(DEFECTS))
    elif (
        settings.thought_mask
        and settings.confidence_over == "all"
        and "confidence" in settings.terms
    ):
        _log.warning(
            "thought_mask leaves thoughts out of the likelihood, but confidence_over: all raises "
            "their probability; set confidence_over: answer to leave thoughts out of both."
        )


@dataclass(frozen=True, slots=True)
class Ptr:
    """The loss; the weight of a row is the mean weight of its answer's tokens."""

    settings: PtrSettings
    """The settings."""

    def denominators(self, batch: Batch, extras: Extras) -> dict[str, Tensor]:
        """Give what each term divides by."""
        where = layout(batch)
        rows = row_weights(batch, where)
        counts = dict.fromkeys(self.settings.terms, rows.sum())
        if "nll" in counts and not self._literal:
            weights = self._weights(batch, where)
            counts["nll"] = nll_count(weights, rows, self.settings.reduction)
        return counts

    def __call__(
        self, hidden: Tensor, logprobs: LogProbs, batch: Batch, extras: Extras
    ) -> LossSums:
        """Sum each term over a micro-batch."""
        where, terms = layout(batch), self.settings.terms
        rows, weights = row_weights(batch, where), self._weights(batch, where)
        counted = self._confidence_mask(batch, where)
        needed = torch.zeros_like(where.predicted)
        if "nll" in terms:
            needed |= weights > 0
        if "confidence" in terms:
            needed |= counted
        logp = logprobs_at(hidden, logprobs, batch.input_ids, needed)
        numerators = {}
        if "nll" in terms:
            # In the paper a row counts by log Pr of its whole answer: a sum over tokens.
            by = "token" if self._literal else self.settings.reduction
            numerators["nll"] = nll_sum(logp, weights, rows, where, by)
        if "consistency" in terms:
            numerators["consistency"] = self._consistency(hidden, logprobs, batch, extras, where)
        if "confidence" in terms:
            numerators["confidence"] = self._confidence(logp * counted, counted, rows, where)
        return LossSums(numerators, self.denominators(batch, extras))

    @property
    def _literal(self) -> bool:
        return self.settings.variant == "paper_literal"

    def _weights(self, batch: Batch, where: Layout) -> Tensor:
        """Give each token's weight in the likelihood. [B, T]."""
        # With a share, the masked parts already have weight 0.
        weighted = where.answer if self.settings.thought_mask is True else where.predicted
        return batch.weights * weighted

    def _confidence_mask(self, batch: Batch, where: Layout) -> Tensor:
        """Say which tokens count in the confidence. [B, T]."""
        if self._literal or self.settings.confidence_over == "all":
            return where.predicted & (batch.attempts > 0)
        return where.answer

    def _consistency(
        self, hidden: Tensor, logprobs: LogProbs, batch: Batch, extras: Extras, where: Layout
    ) -> Tensor:
        rows = row_weights(batch, where)
        if not self._literal:
            if self.settings.consistency == "hidden":
                each = hidden_consistency(hidden, batch, where)
            else:
                each = token_consistency(hidden, logprobs, batch, where)
        elif extras.similarities is not None:
            each = extras.similarities[:, : where.shape[1]]
        else:
            raise UserError(
                "`variant: paper_literal` needs the similarities of attempts as texts, which these "
                "batches do not have: set `lambdas.consistency` to 0, or `variant: paper_fixed`."
            )
        return (rows * each).sum()

    def _confidence(self, logp: Tensor, counted: Tensor, rows: Tensor, where: Layout) -> Tensor:
        """Give the sum over attempts of beta_t (1 - P_t); except in the paper's form, a mean.

        In the paper's form P_t = Pr(y_t); else P_t = exp(mean_k log p(y_t,k)), which does not
        depend on the length, and the mean over attempts is weighted by beta_t.
        """
        tokens = where.by_attempt(counted.to(logp.dtype))
        sums = where.by_attempt(logp)
        chance = (sums if self._literal else sums / tokens.clamp(min=1)).exp()
        turn = torch.arange(1, where.shape[2] + 1, device=logp.device)
        beta = self.settings.beta_0 * turn / where.count[..., None].clamp(min=1) * (tokens > 0)
        each = (beta * (1 - chance)).sum(-1)
        if not self._literal:
            whole = beta.sum(-1)
            each = each / torch.where(whole > 0, whole, 1)
        return (rows * each).sum()
