"""Reads benchmark files as they are published: JSON Lines, JSON, CSV and Parquet."""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.readers.csv_lines import Lines
from ptr_eval.readers.row import SourceRow


def read_rows(path: Path, csv_columns: Sequence[str] | None = None) -> Iterator[SourceRow]:
    """Read a file row by row.

    Args:
        path: A .jsonl, .json, .csv or .parquet file; the first three may be gzipped (.gz).
            A JSON file has a list of rows, an object with a row for each key (which becomes the
            column `key`), or a single row.
        csv_columns: The names of the columns of a CSV file without a header.

    Yields:
        The rows, numbered from 1.

    Raises:
        UserError: If the file cannot be read; the message names file and row.
    """
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    formats = {"jsonl": _json_lines, "json": _json, "parquet": _parquet}
    if kind == "csv":
        rows = _csv(path, csv_columns)
    elif kind in formats:
        rows = formats[kind](path)
    else:
        raise UserError(f"{path} is none of .jsonl, .json, .csv and .parquet; convert it first.")
    for number, values in enumerate(rows, start=1):
        if not isinstance(values, dict):
            raise UserError(f"{path}, row {number}: expected an object with named columns.")
        yield SourceRow(values, str(path), number)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); fetch the file again.") from error


def _json_lines(path: Path) -> Iterator[Any]:
    # Not splitlines(): JSON strings may contain line separators such as U+2028.
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise UserError(f"{path}, line {number}: not JSON ({error}).") from error


def _json(path: Path) -> Iterator[Any]:
    try:
        data = json.loads(_text(path))
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}).") from error
    if isinstance(data, list):
        yield from data
    elif isinstance(data, dict) and data and all(isinstance(v, dict) for v in data.values()):
        yield from ({"key": key, **value} for key, value in data.items())
    else:
        yield data


def _csv(path: Path, columns: Sequence[str] | None) -> Iterator[dict[str, str]]:
    try:
        rows = list(Lines(io.StringIO(_text(path), newline="")))
    except csv.Error as error:
        raise UserError(f"{path} cannot be read as CSV ({error}).") from error
    header = list(columns) if columns else next(iter(rows), [])
    for number, row in enumerate(rows if columns else rows[1:], start=1):
        if len(row) != len(header):
            raise UserError(
                f"{path}, row {number}: {len(row)} columns where {len(header)} are expected "
                f"({', '.join(header)})."
            )
        yield dict(zip(header, row, strict=True))


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as Parquet ({error}).") from error
    yield from table.to_pylist()
