"""Made-up rows, with made-up hidden states, and batches packed of them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ptr_train.logprobs import token_logprobs
from ptr_train.objectives.base import LogProbs
from ptr_train.records import Batch

VOCABULARY, WIDTH = 17, 5


@dataclass(frozen=True)
class MadeRow:
    ids: list[int]
    weights: list[float]
    marks: list[int]
    thoughts: int
    hidden: Tensor


def made_row(
    thoughts: int, seed: int, *, weight: float = 1.0, longest: int = 4, prompt: bool = True
) -> MadeRow:
    """A row of a prompt, `thoughts` thoughts and an answer, all weighted, with turns between."""
    rng = torch.Generator().manual_seed(seed)

    def size(least: int = 1) -> int:
        return int(torch.randint(least, longest + 1, (1,), generator=rng))

    marks = [0] * (size() if prompt else 0)
    for attempt in range(1, thoughts + 2):
        # Two tokens at least, since one that opens the row is not predicted.
        marks += [attempt] * size(2) + [0] * (size() if attempt <= thoughts else 0)
    ids = torch.randint(VOCABULARY, (len(marks),), generator=rng).tolist()
    shares = (torch.rand(len(marks), generator=rng) + 0.5).tolist()
    weights = [weight * share if mark else 0.0 for mark, share in zip(marks, shares, strict=True)]
    hidden = torch.randn(len(marks), WIDTH, generator=rng, dtype=torch.float64)
    return MadeRow(ids, weights, marks, thoughts, hidden)


def pack(sequences: list[list[MadeRow]], padding: int = 0) -> tuple[Batch, Tensor]:
    """A batch of the rows, and the last hidden states, of which it is to have the gradient."""
    length = max(sum(len(row.ids) for row in rows) for rows in sequences) + padding
    shape = (len(sequences), length)
    whole = {
        name: torch.zeros(shape, dtype=torch.long)
        for name in ("input_ids", "position_ids", "segments", "attempts", "last")
    }
    weights = torch.zeros(shape, dtype=torch.float64)
    hidden = torch.full((*shape, WIDTH), 7.0, dtype=torch.float64)
    for b, rows in enumerate(sequences):
        start = 0
        for segment, row in enumerate(rows, 1):
            part = slice(start, start := start + len(row.ids))
            whole["input_ids"][b, part] = torch.tensor(row.ids)
            whole["position_ids"][b, part] = torch.arange(len(row.ids))
            whole["segments"][b, part] = segment
            whole["attempts"][b, part] = torch.tensor(row.marks)
            whole["last"][b, part] = row.thoughts + 1
            weights[b, part] = torch.tensor(row.weights, dtype=torch.float64)
            hidden[b, part] = row.hidden
    return Batch(weights=weights, **whole), hidden.requires_grad_()


def made_head(seed: int = 99) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(VOCABULARY, WIDTH, generator=rng, dtype=torch.float64).requires_grad_()


def logprobs_of(head: Tensor) -> LogProbs:
    return lambda hidden, targets: token_logprobs(hidden, head, targets, tile=(3, 5))


def mixed() -> list[list[MadeRow]]:
    """Rows of 0 to 3 thoughts, packed up to three to a sequence, of different weights."""
    rows = [made_row(t, seed, weight=1 + seed / 5) for seed, t in enumerate((2, 0, 3, 1, 2, 0, 1))]
    return [rows[:3], rows[3:4], rows[4:6], rows[6:]]
