"""The order of rows: at random, and within each step by length, so that there is less padding.

A step has the same rows as without that: only which of them share a micro-batch changes. As the
loss is divided by counts over the whole step, so is its result the same.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Sampler


class StepSampler(Sampler[int]):  # type: ignore[misc]
    """Gives the places of a data set in a random order that depends on the seed and the epoch."""

    def __init__(self, lengths: Sequence[int], seed: int, step: int | None) -> None:
        self.lengths = lengths
        self.seed = seed
        self.step = step
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        # The order of accelerate's `SeedableRandomSampler`, which Trainer would use.
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        order = torch.randperm(len(self.lengths), generator=generator).tolist()
        return iter(order if self.step is None else by_length(order, self.lengths, self.step))

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch


def by_length(order: Sequence[int], lengths: Sequence[int], step: int) -> list[int]:
    """Put the rows of each step into the order of their lengths, the longest first."""
    ordered: list[int] = []
    for start in range(0, len(order), step):
        ordered += sorted(order[start : start + step], key=lambda place: -lengths[place])
    return ordered


def padded_tokens(order: Sequence[int], lengths: Sequence[int], batch: int) -> int:
    """Count the tokens of micro-batches, with padding: each row has the length of the longest."""
    taken = np.asarray(lengths, dtype=np.int64)[np.asarray(order, dtype=np.int64)]
    starts = np.arange(0, len(taken), batch)
    sizes = np.diff([*starts, len(taken)])
    return int((np.maximum.reduceat(taken, starts) * sizes).sum())
