"""Packs rows into sequences and collates sequences into batches; rows never see each other."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ptr_train.records import Batch, EncodedRow

if TYPE_CHECKING:
    import torch


def pack(lengths: Sequence[int], max_length: int) -> list[list[int]]:
    """Divide rows among sequences by "best fit decreasing"; gives the places of each one's rows.

    The longest row that is left goes where it leaves the least room. This needs at most 11/9 of
    the fewest sequences possible, and 4 more (Johnson, "Near-optimal bin packing algorithms",
    1973). Sequences with long rows come first: shuffle them.
    """
    sequences: list[list[int]] = []
    by_room: dict[int, list[int]] = {}
    rooms: list[int] = []  # The keys of `by_room` in order.
    for row in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
        if lengths[row] > max_length:
            raise ValueError(f"row {row} has {lengths[row]} tokens, more than {max_length}")
        found = bisect_left(rooms, lengths[row])
        if found < len(rooms):
            room = rooms[found]
            sequence = by_room[room].pop()
            if not by_room[room]:
                del by_room[room], rooms[found]
        else:
            room, sequence = max_length, len(sequences)
            sequences.append([])
        sequences[sequence].append(row)
        left = room - lengths[row]
        if left not in by_room:
            insort(rooms, left)
        by_room.setdefault(left, []).append(sequence)
    return sequences


def collate(sequences: Sequence[Sequence[EncodedRow]], pad_id: int) -> Batch:
    """Put the rows of each sequence one after another, and pad all to the longest sequence.

    Positions in the padding start at 0, as in a row.
    """
    import torch

    total = max(sum(len(row.input_ids) for row in rows) for rows in sequences)
    shape = (len(sequences), total)
    ids = torch.full(shape, pad_id, dtype=torch.long)
    weights = torch.zeros(shape)
    positions, segments, attempts, last = (torch.zeros(shape, dtype=torch.long) for _ in range(4))
    for b, rows in enumerate(sequences):
        end = 0
        for number, row in enumerate(rows, 1):
            start, end = end, end + len(row.input_ids)
            ids[b, start:end] = torch.tensor(row.input_ids)
            weights[b, start:end] = torch.tensor(row.weights)
            positions[b, start:end] = torch.arange(end - start)
            segments[b, start:end] = number
            last[b, start:end] = len(row.attempts)
            for attempt, place in enumerate(row.attempts, 1):
                attempts[b, start + place.start : start + place.end] = attempt
        positions[b, end:] = torch.arange(total - end)
    return Batch(ids, weights, positions, segments, attempts, last)


def attention_mask(batch: Batch) -> "torch.Tensor":
    """Say which tokens a token sees: those of its row up to itself. [B, 1, T, T]."""
    same = batch.segments[:, :, None] == batch.segments[:, None, :]
    return same.tril()[:, None]


def unpadded(batch: Batch) -> Batch:
    """Join all sequences into one without padding."""
    import torch

    kept = batch.segments > 0
    offsets = batch.segments.max(dim=1).values.cumsum(0).roll(1)
    offsets[0] = 0
    whole = torch.where(kept, batch.segments + offsets[:, None], 0)

    def flat(values: "torch.Tensor") -> "torch.Tensor":
        return values[kept][None]

    return Batch(
        flat(batch.input_ids),
        flat(batch.weights),
        flat(batch.position_ids),
        flat(whole),
        flat(batch.attempts),
        flat(batch.last),
    )
