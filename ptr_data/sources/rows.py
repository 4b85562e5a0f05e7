"""Rows of data files, one after the other: JSON Lines, Parquet and JSON arrays.

Unlike the benchmark files of `ptr_eval`, these may be larger than memory: JSON Lines are read
line by line and Parquet in batches. Only a JSON array is loaded whole, up to `LARGEST_ARRAY`.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ptr_eval.errors import UserError

LARGEST_ARRAY = 256 * 2**20
"""The largest JSON array that is read, in bytes, unpacked."""

_BATCH = 200


@dataclass(frozen=True, slots=True)
class DataRow:
    """One row of a data file or hub data set."""

    values: Mapping[str, Any]
    """The row's columns."""
    source: str
    """The file, or the hub data set, for messages."""
    number: int
    """Its place there, from 1: the line of a JSON Lines file, else the row."""
    unit: str = "row"
    """What `number` counts, "line" or "row"."""

    def wrong(self, what: str) -> UserError:
        """Describe what is wrong with this row."""
        return UserError(f"{self.source}, {self.unit} {self.number}: {what}.")


def read_data(path: Path) -> Iterator[DataRow]:
    """Read a file row by row."""
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "jsonl":
        rows, unit = _json_lines(path), "line"
    elif kind == "json":
        rows, unit = _json_array(path), "row"
    elif path.suffix == ".parquet":
        rows, unit = _parquet(path), "row"
    else:
        raise UserError(
            f"{path} is none of .jsonl, .json (both also .gz) and .parquet; convert it first."
        )
    for number, values in rows:
        if not isinstance(values, dict):
            raise UserError(
                f"{path}, {unit} {number}: expected an object with named columns, "
                f"not {type(values).__name__}."
            )
        yield DataRow(values, str(path), number, unit)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield file  # type: ignore[misc]  # a GzipFile reads bytes like any other
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}); fetch the file again.") from error


def _json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    # Bytes are split at \n only: JSON strings may hold U+2028 and its like.
    with _opened(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            if number == 1 and line.lstrip().startswith(b"["):
                raise UserError(f"{path} holds a JSON array, not JSON Lines; name it .json.")
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}, line {number}: not JSON ({error}).") from error


def _json_array(path: Path) -> Iterator[tuple[int, Any]]:
    with _opened(path) as file:
        text = file.read(LARGEST_ARRAY + 1)
    if len(text) > LARGEST_ARRAY:
        raise UserError(
            f"{path} is a JSON array of more than {LARGEST_ARRAY / 2**20:g} MiB, which would be "
            "loaded whole; convert it to JSON Lines (jq -c '.[]') or Parquet."
        )
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path}: not JSON ({error}); if it has one row a line, name it .jsonl."
        ) from error
    if not isinstance(rows, list):
        raise UserError(f"{path} must hold a JSON array of rows, not {type(rows).__name__}.")
    yield from enumerate(rows, start=1)


def _parquet(path: Path) -> Iterator[tuple[int, Any]]:
    import pyarrow.parquet as pq

    try:
        # Buffering ahead, the default, would keep the whole file in memory.
        with pq.ParquetFile(path, pre_buffer=False) as file:
            number = 0
            for batch in file.iter_batches(_BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield number, values
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as Parquet ({error}).") from error
