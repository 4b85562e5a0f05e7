"""The interface of all objectives, and sums over tokens, rows and attempts.

The log-probability of the token at position t comes from the hidden state at t - 1, if both belong
to the same row. The first token of a row is not predicted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ptr_train.objectives.settings import Reduction
from ptr_train.records import Batch

LogProbs = Callable[[Tensor, Tensor], Tensor]
"""The head of a model: from hidden states [N, H] and targets [N] to log-probabilities [N]."""


@dataclass(frozen=True, slots=True)
class Extras:
    """More inputs, for some objectives; B sequences with up to S rows each."""

    similarities: Tensor | None = None
    """For `paper_literal`: sum over t >= 2 of the cosine of attempts t and t - 1 as texts, of each
    row. [B, S]"""
    refines: Tensor | None = None
    """For `gsr`: whether each row refines candidates. [B, S]"""
    reference: Tensor | None = None
    """For `dpo`: log-probability of each answer under the reference model. [B]"""


@dataclass(frozen=True, slots=True)
class LossSums:
    """The terms of a loss over one micro-batch, as sums."""

    numerators: Mapping[str, Tensor]
    """Each term's sum, by its name; terms that are only logged have no gradient. []"""
    denominators: Mapping[str, Tensor]
    """What each sum is divided by, after both are summed over micro-batches and processes. []"""


@dataclass(frozen=True, slots=True)
class CombinedLoss:
    """A loss as one number, and its terms."""

    total: Tensor
    """The number to differentiate. []"""
    values: Mapping[str, Tensor]
    """Each term without its weight and without gradient. []"""


class Objective(Protocol):
    """A loss. Its denominators depend only on the batch, not on the model."""

    def denominators(self, batch: Batch, extras: Extras) -> dict[str, Tensor]:
        """Give what a micro-batch adds to the denominator of each term. [] each."""
        ...

    def __call__(
        self, hidden: Tensor, logprobs: LogProbs, batch: Batch, extras: Extras
    ) -> LossSums:
        """Give the terms of a micro-batch from the last hidden states [B, T, H]."""
        ...


def combine(
    loss: LossSums, weights: Mapping[str, float], denominators: Mapping[str, Tensor] | None = None
) -> CombinedLoss:
    """Give the sum over terms of weight * numerator / denominator.

    With denominators of all micro-batches and processes of a step, the totals of the micro-batches
    add up to the loss of the step, and so do their gradients. A trainer that averages gradients
    over processes must multiply by the number of processes.
    """
    divisors = loss.denominators if denominators is None else denominators
    values = {
        name: value / torch.where(divisors[name] > 0, divisors[name], 1)
        for name, value in loss.numerators.items()
    }
    total = torch.stack([weights.get(name, 0.0) * value for name, value in values.items()]).sum()
    return CombinedLoss(total, {name: value.detach() for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class Layout:
    """Which tokens are of which row and attempt; B sequences of S rows of A attempts at most."""

    predicted: Tensor
    """Which tokens have another one before them in their row. [B, T]"""
    answer: Tensor
    """Which predicted tokens belong to final answers. [B, T]"""
    row: Tensor
    """Which of the B * S rows a token belongs to; 0 for padding. [B, T]"""
    cell: Tensor
    """Which of the B * S * A attempts a token belongs to; 0 for none. [B, T]"""
    count: Tensor
    """How many attempts each row has. [B, S]"""
    shape: tuple[int, int, int]
    """B, S and A."""

    def by_row(self, values: Tensor) -> Tensor:
        """Sum over the tokens of each row."""
        sums = values.new_zeros(self.shape[0] * self.shape[1])
        return sums.index_add(0, self.row.flatten(), values.flatten()).view(self.shape[:2])

    def by_attempt(self, values: Tensor) -> Tensor:
        """Sum over the tokens of each attempt."""
        rest = values.shape[2:]
        sums = values.new_zeros(self.shape[0] * self.shape[1] * self.shape[2], *rest)
        sums = sums.index_add(0, self.cell.flatten(), values.flatten(0, 1))
        return sums.view(*self.shape, *rest)


def layout(batch: Batch) -> Layout:
    """Find which tokens are of which row and attempt."""
    segments, attempts = batch.segments, batch.attempts
    size, rows = len(segments), max(int(segments.max()), 1)
    most = max(int(batch.last.max()), 1)
    predicted = segments > 0
    predicted[:, 0] = False
    predicted[:, 1:] &= segments[:, 1:] == segments[:, :-1]
    first = torch.arange(size, device=segments.device)[:, None] * rows
    row = torch.where(segments > 0, first + segments - 1, 0)
    cell = torch.where(attempts > 0, row * most + attempts - 1, 0)
    count = segments.new_zeros(size * rows)
    count[row[segments > 0]] = batch.last[segments > 0]
    answer = predicted & (attempts == batch.last) & (batch.last > 0)
    return Layout(predicted, answer, row, cell, count.view(size, rows), (size, rows, most))


def logprobs_at(hidden: Tensor, logprobs: LogProbs, targets: Tensor, mask: Tensor) -> Tensor:
    """Give log-probabilities of the masked tokens, each from the hidden state before it. [B, T]."""
    sequence, place = mask.nonzero(as_tuple=True)
    values = logprobs(hidden[sequence, place - 1], targets[sequence, place])
    return values.new_zeros(mask.shape).index_put((sequence, place), values)


def row_weights(batch: Batch, where: Layout) -> Tensor:
    """Give each row's weight: the mean weight of the tokens of its final answer. [B, S]."""
    tokens = where.by_row(where.answer.to(batch.weights.dtype))
    return where.by_row(batch.weights * where.answer) / tokens.clamp(min=1)


def nll_sum(logp: Tensor, weights: Tensor, rows: Tensor, where: Layout, by: Reduction) -> Tensor:
    """Sum negative log-likelihoods.

    By token: - sum_k w_k log p_k. By sequence: sum over rows of
    r * (- sum_k w_k log p_k / sum_k w_k), with r the row's weight.
    """
    if by == "token":
        return -(weights * logp).sum()
    whole = where.by_row(weights)
    means = where.by_row(weights * logp) / torch.where(whole > 0, whole, 1)
    return -(rows * means).sum()


def nll_count(weights: Tensor, rows: Tensor, by: Reduction) -> Tensor:
    """Give what `nll_sum` is divided by."""
    return weights.sum() if by == "token" else rows.sum()
