"""The order of rows: the same rows in each step, with less padding."""

import numpy as np
import torch
from accelerate.data_loader import SeedableRandomSampler
from hypothesis import given
from hypothesis import strategies as st

from ptr_train.training.sampling import StepSampler, by_length, padded_tokens

LENGTHS = st.lists(st.integers(1, 50), min_size=1, max_size=60)


@given(LENGTHS, st.integers(1, 20), st.integers(0, 3))
def test_each_step_has_the_rows_that_it_would_have_anyway(
    lengths: list[int], step: int, epoch: int
) -> None:
    plain, ordered = StepSampler(lengths, 7, None), StepSampler(lengths, 7, step)
    for sampler in (plain, ordered):
        sampler.set_epoch(epoch)
    before, after = list(plain), list(ordered)
    for start in range(0, len(lengths), step):
        taken = after[start : start + step]
        assert sorted(taken) == sorted(before[start : start + step])
        assert [lengths[place] for place in taken] == sorted(
            (lengths[place] for place in taken), reverse=True
        )


def test_rows_are_in_the_order_that_they_had_without_it() -> None:
    torch.manual_seed(3)
    usual, ours = SeedableRandomSampler(range(20)), StepSampler([1] * 20, 3, None)
    for epoch in (0, 1):
        usual.set_epoch(epoch)
        ours.set_epoch(epoch)
        assert list(ours) == list(usual)


@given(LENGTHS, st.integers(1, 8), st.integers(1, 4))
def test_whole_batches_never_have_more_padding(
    lengths: list[int], batch: int, accumulation: int
) -> None:
    lengths = lengths[: len(lengths) // batch * batch]
    order = list(range(len(lengths)))
    ordered = by_length(order, lengths, batch * accumulation)
    assert padded_tokens(ordered, lengths, batch) <= padded_tokens(order, lengths, batch)


def test_padding_is_counted_up_to_the_longest_of_each_micro_batch() -> None:
    assert padded_tokens([0, 1, 2, 3, 4], [3, 1, 2, 2, 7], 2) == 3 * 2 + 2 * 2 + 7


def test_rows_of_very_different_length_lose_most_of_their_padding() -> None:
    lengths = np.random.default_rng(0).lognormal(5, 0.8, 3200).astype(int).tolist()
    order = torch.randperm(3200, generator=torch.Generator().manual_seed(0)).tolist()
    plain, grouped = (
        1 - sum(lengths) / padded_tokens(found, lengths, 4)
        for found in (order, by_length(order, lengths, 32))
    )
    assert plain > 0.4
    assert grouped < 0.2
