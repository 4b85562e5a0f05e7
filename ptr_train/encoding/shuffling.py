"""A control: every row gets the thoughts of another row, as many as it had.

Rows with the same number of thoughts form a circle, in the order of hashes of their ids. Each gets
the thoughts of the next row: no row keeps its own, and no thought is used twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ptr_data.files import written
from ptr_data.hashing import hashed
from ptr_train.encoding.examples import TrainingExample

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class ThoughtPool:
    """The thoughts of all rows, and which row gets which."""

    donors: Any
    """For each row, the row whose thoughts it gets; -1 if no other row has as many. [rows]"""
    batches: Sequence[Any]
    """The thoughts, `_BATCH` rows each, on disk."""

    def shuffled(self, example: TrainingExample, place: int) -> TrainingExample | None:
        """Give a row the thoughts of another one; None if no other row has as many."""
        if not example.thoughts:
            return example
        donor = int(self.donors[place])
        if donor < 0:
            return None
        batch, row = divmod(donor, _BATCH)
        return example.with_thoughts(self.batches[batch].column(0)[row].as_py())


def find_donors(ids: Sequence[str], counts: Sequence[int], seed: int) -> Any:
    """Choose for each row the row whose thoughts it gets, see `ThoughtPool.donors`."""
    hashes = np.fromiter((hashed("shuffle", seed, name) for name in ids), np.uint64, len(ids))
    donors = np.full(len(ids), -1, dtype=np.int64)
    numbers = np.asarray(counts)
    for number in np.unique(numbers):
        (circle,) = np.nonzero(numbers == number)
        if len(circle) > 1:
            circle = circle[np.argsort(hashes[circle], kind="stable")]
            donors[circle] = np.roll(circle, -1)
    return donors


def write_pool(examples: Iterable[TrainingExample], stem: Path, seed: int) -> None:
    """Write the thoughts of all rows, and which row gets which."""
    schema = pa.schema({"thoughts": pa.list_(pa.string())})
    ids: list[str] = []
    counts: list[int] = []
    waiting: list[Sequence[str]] = []
    with (
        written(stem.with_suffix(".arrow")) as draft,
        pa.OSFile(str(draft), "wb") as file,
        pa.ipc.new_file(file, schema) as writer,
    ):

        def flush() -> None:
            writer.write_batch(pa.record_batch([pa.array(waiting, schema.types[0])], schema))
            waiting.clear()

        for example in examples:
            ids.append(example.id)
            counts.append(len(example.thoughts))
            waiting.append(example.thoughts)
            if len(waiting) == _BATCH:
                flush()
        flush()
    with written(stem.with_suffix(".npy")) as draft, draft.open("wb") as out:
        np.save(out, find_donors(ids, counts, seed), allow_pickle=False)


def open_pool(stem: Path) -> ThoughtPool:
    """Open what `write_pool` wrote; it is read from disk when it is needed."""
    donors = np.load(stem.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
    reader = pa.ipc.open_file(pa.memory_map(str(stem.with_suffix(".arrow"))))
    batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
    return ThoughtPool(donors, batches)
