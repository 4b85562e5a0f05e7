"""Packing and collating: every row once, in its place, and never too much."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ptr_train.encoding.packing import attention_mask, collate, pack, unpadded
from ptr_train.records import Attempt, EncodedRow
from tests.ptr_train.encoding.example_factory import made_encoded

TWO = [
    EncodedRow("a", "sft", [7, 8], [0.0, 0.5], (Attempt(1, 2),)),
    EncodedRow("b", "sft", [9], [1], (Attempt(0, 1),)),
]
ONE = [made_encoded("c", 1, [1, 1])]


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(20, 40))
def test_every_row_is_packed_once_and_no_sequence_is_too_long(
    lengths: list[int], max_length: int
) -> None:
    sequences = pack(lengths, max_length)
    assert sorted(row for rows in sequences for row in rows) == list(range(len(lengths)))
    assert all(0 < len(rows) for rows in sequences)
    assert all(sum(lengths[row] for row in rows) <= max_length for rows in sequences)
    # Any two sequences of first or best fit are together more than one.
    sums = sorted(sum(lengths[row] for row in rows) for rows in sequences)
    assert len(sums) < 2 or sums[0] + sums[1] > max_length or min(lengths) == 0


def test_rows_go_where_least_room_stays() -> None:
    assert pack([3, 2, 6, 4], 8) == [[2, 1], [3, 0]]
    assert pack([5, 7, 2, 3], 10) == [[1, 3], [0, 2]]
    assert pack([], 8) == []


def test_many_rows_fill_their_sequences() -> None:
    lengths = [(n * 7919) % 2000 + 1 for n in range(100_000)]
    sequences = pack(lengths, 4096)
    assert sum(lengths) / (len(sequences) * 4096) > 0.99


def test_a_row_longer_than_a_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has 9 tokens, more than 8"):
        pack([3, 9], 8)


def test_a_batch_in_full() -> None:
    batch = collate([TWO, ONE], pad_id=99)
    assert batch.input_ids.tolist() == [[7, 8, 9, 99], [1, 8, 15, 22]]
    assert batch.weights.tolist() == [[0, 0.5, 1, 0], [0, 0, 0, 1]]
    assert batch.position_ids.tolist() == [[0, 1, 0, 0], [0, 1, 2, 3]]
    assert batch.segments.tolist() == [[1, 1, 2, 0], [1, 1, 1, 1]]
    assert batch.attempts.tolist() == [[0, 1, 1, 0], [0, 1, 0, 2]]
    assert batch.last.tolist() == [[1, 1, 1, 0], [2, 2, 2, 2]]


def test_a_token_sees_its_own_row_up_to_itself() -> None:
    mask = attention_mask(collate([TWO, ONE], pad_id=0))
    assert mask.shape == (2, 1, 4, 4)
    assert mask[0, 0].int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert torch.equal(mask[1, 0], torch.ones(4, 4).tril().bool())


def test_without_padding_all_sequences_are_one() -> None:
    batch = unpadded(collate([TWO, ONE, TWO], pad_id=99))
    assert batch.input_ids.tolist() == [[7, 8, 9, 1, 8, 15, 22, 7, 8, 9]]
    assert batch.segments.tolist() == [[1, 1, 2, 3, 3, 3, 3, 4, 4, 5]]
    assert batch.position_ids.tolist() == [[0, 1, 0, 0, 1, 2, 3, 0, 1, 0]]
    assert batch.last.tolist() == [[1, 1, 1, 2, 2, 2, 2, 1, 1, 1]]
    assert batch.attempts.tolist() == [[0, 1, 1, 0, 1, 0, 2, 0, 1, 1]]
    assert batch.weights.tolist() == [[0, 0.5, 1, 0, 0, 0, 1, 0, 0.5, 1]]
