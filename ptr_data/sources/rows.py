"""Rows of data files, one after the other: JSON Lines, CSV, Parquet and JSON arrays.

Unlike the benchmark files of `ptr_eval`, these may be larger than memory: JSON Lines and CSV are
read line by line and Parquet in batches. Only a JSON array is loaded whole, up to `LARGEST_ARRAY`.
A row that cannot be read says so and does not end the file.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ptr_eval.errors import UserError
from ptr_eval.readers.csv_lines import Lines

LARGEST_ARRAY = 256 * 2**20
"""The largest JSON array that is read, in bytes, unpacked."""

DATA_FILES = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
"""The endings of files that are read; all but the last may have `.gz` behind them."""

_BATCH = 200
_SHOWN = 500


class RowError(UserError):
    """What is wrong with one row, so that others of its source may still be read."""


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
    raw: str = ""
    """What the file has there, where that is no row."""
    fault: str = ""
    """Why it is no row; empty if it is one."""

    def wrong(self, what: str) -> RowError:
        """Describe what is wrong with this row."""
        return RowError(f"{self.source}, {self.unit} {self.number}: {what}.")

    def shown(self) -> str:
        """Show the beginning of the row as the file has it, or as JSON."""
        return (self.raw or json.dumps(self.values, ensure_ascii=False, default=str))[:_SHOWN]


def read_data(path: Path) -> Iterator[DataRow]:
    """Read a file row by row."""
    kind = Path(path.name.removesuffix(".gz")).suffix
    if kind == ".jsonl":
        rows, unit = _json_lines(path), "line"
    elif kind == ".json":
        rows, unit = _json_array(path), "row"
    elif kind in (".csv", ".tsv"):
        rows, unit = _table(path, "," if kind == ".csv" else "\t"), "line"
    elif path.suffix == ".parquet":
        rows, unit = _parquet(path), "row"
    else:
        raise UserError(
            f"{path} is none of .jsonl, .json, .csv, .tsv (all also .gz) and .parquet; "
            "convert it first."
        )
    for number, values in rows:
        if isinstance(values, _Broken):
            yield DataRow({}, str(path), number, unit, values.raw, values.fault)
        elif not isinstance(values, dict):
            fault = f"expected an object with named columns, not {type(values).__name__}"
            yield DataRow({}, str(path), number, unit, str(values), fault)
        else:
            yield DataRow(values, str(path), number, unit)


@dataclass(frozen=True, slots=True)
class _Broken:
    raw: str
    fault: str


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
                yield (
                    number,
                    _Broken(line.decode("utf-8", "replace").strip(), f"not JSON ({error})"),
                )


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


def _table(path: Path, separator: str) -> Iterator[tuple[int, Any]]:
    with _opened(path) as file:
        # Line ends inside quotes stay as they are.
        lines = Lines(io.TextIOWrapper(file, "utf-8-sig", newline=""), separator)
        try:
            header = next(lines, [])
            if len(set(header)) < len(header) or "" in header:
                raise UserError(
                    f"{path}: its first line must name the columns, each by another name."
                )
            number = lines.number
            for values in lines:
                number, began = lines.number, number + 1
                if len(values) == len(header):
                    yield began, dict(zip(header, values, strict=True))
                elif values:
                    fault = f"has {len(values)} fields, but its header {len(header)}"
                    yield began, _Broken(separator.join(values), fault)
        except csv.Error as error:
            raise UserError(f"{path}, line {lines.number}: not CSV ({error}).") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{path}, line {lines.number + 1}: not CSV ({error}).") from error


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
