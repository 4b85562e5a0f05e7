"""How much of a step each term is about: a term that no row of a step has is not logged as 0."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ptr_train.records import Batch

TermSums = dict[str, Tensor]
"""A number for each term of a step: its sum, its denominator or its value. [] each."""


def term_counts(batch: Batch, denominators: Mapping[str, Tensor]) -> TermSums:
    """Count what each term is a mean over: what it is divided by or, of consistency, fewer rows.

    Rows with one attempt have a consistency of 0, and are in its denominator alone.
    """
    counts = dict(denominators)
    if "consistency" in counts:
        compared = torch.where(batch.last > 1, batch.segments, 0)
        counts["consistency"] = (compared[:, 1:] > compared[:, :-1]).sum() + (
            compared[:, :1] > 0
        ).sum()
    return counts


def added(each: Sequence[Mapping[str, Tensor]]) -> TermSums:
    """Add numbers up by their names."""
    sums: TermSums = {}
    for values in each:
        for name, value in values.items():
            sums[name] = sums[name] + value if name in sums else value
    return sums


def mean_of_present(values: Sequence[TermSums], counts: Sequence[TermSums]) -> dict[str, float]:
    """Give the mean of each term over the steps that have it; a term that none has is left out."""
    means = {}
    for name in values[0]:
        each = torch.stack([step[name] for step in values])
        there = torch.stack([step[name] for step in counts]) > 0
        if bool(there.any()):
            means[name] = float(each[there].mean())
    return means
