"""How different each attempt of a row is from the one before it.

Two measures have a gradient. The published one compares the attempts' texts: it is a constant of
the data, so a model cannot learn from it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from ptr_data.filters.consistency import Embed
from ptr_train.objectives.base import Layout, LogProbs, logprobs_at
from ptr_train.records import Batch


def hidden_consistency(hidden: Tensor, batch: Batch, where: Layout) -> Tensor:
    """Compare attempts by their mean hidden states: sum over t >= 2 of 1 - cos(m_t, m_{t-1})."""
    inside = batch.attempts > 0
    wide = hidden if hidden.dtype == torch.float64 else hidden.float()
    sums = where.by_attempt(torch.where(inside[..., None], wide, 0))
    tokens = where.by_attempt(inside.to(wide.dtype))
    pairs = (tokens[..., 1:] > 0) & (tokens[..., :-1] > 0)
    # The cosine of sums is the cosine of means.
    distance = 1 - cosine_similarity(sums[..., 1:, :][pairs], sums[..., :-1, :][pairs], dim=-1)
    return distance.new_zeros(pairs.shape).index_put((pairs,), distance).sum(-1)


def token_consistency(hidden: Tensor, logprobs: LogProbs, batch: Batch, where: Layout) -> Tensor:
    """Compare attempts token by token: sum over t >= 2 of mean_k (1 - p(y_{t-1,k} | at y_{t,k})).

    p is the probability of token k of attempt t - 1 where the model predicts token k of attempt
    t; k runs over the shorter of the two. The mean is the expected share of differing tokens.
    """
    inside, length = batch.attempts > 0, batch.input_ids.shape[1]
    place = torch.arange(length, device=hidden.device).expand_as(batch.input_ids)
    tokens = where.by_attempt(inside.long()).flatten()
    start = torch.full_like(tokens, length)
    start = start.scatter_reduce(0, where.cell[inside], place[inside], "amin")
    before = (where.cell - 1).clamp(min=0)
    order = place - start[where.cell]
    mask = where.predicted & (batch.attempts > 1) & (order < tokens[before])
    earlier = torch.where(mask, start[before] + order, 0)
    logp = logprobs_at(hidden, logprobs, batch.input_ids.gather(1, earlier), mask)
    compared = where.by_attempt(mask.to(logp.dtype))
    distance = where.by_attempt((1 - logp.exp()) * mask) / compared.clamp(min=1)
    return distance.sum(-1)


def text_similarity(attempts: Sequence[str], embed: Embed) -> float:
    """Compare attempts as texts, as the paper does: sum over t >= 2 of cos(e_t, e_{t-1})."""
    if len(attempts) < 2:
        return 0.0
    vectors = np.asarray(embed(attempts), dtype=np.float64)
    return float((vectors[1:] * vectors[:-1]).sum())
