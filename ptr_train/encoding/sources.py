"""Reads rows from files, slice by slice, so that many processes can share the work.

Parquet files are cut between row groups, JSON Lines files between lines. No file is read into
memory as a whole.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError

ENDINGS = (".parquet", ".jsonl")
COLUMNS = ("id", "kind", "messages", "text")
"""The columns of a Parquet file that encoding reads."""
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive rows of a file."""

    path: Path
    """The file."""
    first: int
    """How many rows of the file come before it."""
    rows: int
    """How many rows it has."""
    start: int
    """Its first row group, or byte."""
    stop: int
    """The row group, or byte, after its last."""


def find_file(data: Path, split: str) -> Path:
    """Find the file that holds a split."""
    candidates = [data] if data.is_file() else []
    if data.is_dir():
        folders = (data / "data", data)
        candidates = [folder / f"{split}{ending}" for folder in folders for ending in ENDINGS]
    for path in candidates:
        if path.is_file() and path.suffix in ENDINGS:
            return path
    raise UserError(
        f"{data} is neither a .parquet or .jsonl file nor a folder with {split}.parquet or "
        f"{split}.jsonl; name a folder that `ptr-data build` wrote."
    )


def cut(path: Path, rows: int) -> list[Slice]:
    """Cut a file into slices."""
    places = _row_groups(path) if path.suffix == ".parquet" else _lines(path)
    slices: list[Slice] = []
    first = start = stop = count = 0
    for size, after in places:
        count, stop = count + size, after
        if count >= rows:
            slices.append(Slice(path, first, count, start, stop))
            first, start, count = first + count, stop, 0
    if count:
        slices.append(Slice(path, first, count, start, stop))
    if not slices:
        raise UserError(f"{path} has no rows; build the data, or name another file.")
    return slices


def read_slice(
    part: Slice, columns: Sequence[str] = COLUMNS
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read a slice: each row, with the words that messages name it by."""
    rows = _read_parquet(part, columns) if part.path.suffix == ".parquet" else _read_lines(part)
    for number, row in enumerate(rows, part.first + 1):
        name = f" ({row['id']})" if row.get("id") else ""
        yield f"{part.path}, row {number}{name}", row


def _row_groups(path: Path) -> Iterator[tuple[int, int]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{path} cannot be read as Parquet ({error}).") from error
    for group in range(metadata.num_row_groups):
        yield metadata.row_group(group).num_rows, group + 1


def _lines(path: Path) -> Iterator[tuple[int, int]]:
    with path.open("rb") as file:
        place = 0
        for line in file:
            place += len(line)
            yield int(not line.isspace()), place


def _read_parquet(part: Slice, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(part.path) as file:
        wanted = [name for name in columns if name in file.schema_arrow.names]
        groups = range(part.start, part.stop)
        for batch in file.iter_batches(_BATCH, row_groups=groups, columns=wanted):
            yield from batch.to_pylist()


def _read_lines(part: Slice) -> Iterator[dict[str, Any]]:
    number = part.first
    with part.path.open("rb") as file:
        file.seek(part.start)
        while file.tell() < part.stop:
            line = file.readline()
            if line.isspace():
                continue
            number += 1
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UserError(f"{part.path}, row {number}: no JSON ({error}).") from error
            if not isinstance(row, dict):
                raise UserError(f"{part.path}, row {number}: must be a JSON object.")
            yield row
