"""Reading benchmark files in the forms their authors publish: JSON Lines, JSON, CSV, Parquet.

Each row remembers where it stands, so that a wrong one is reported by file, row and column.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a benchmark."""

    values: Mapping[str, Any]
    """The row's columns."""
    source: str
    """The file, or the hub data set, it comes from."""
    number: int
    """Its place there, from 1."""

    def get(self, *columns: str) -> Any:
        """Read a column that must be there.

        Args:
            *columns: The names it goes by in the different published forms.

        Returns:
            The value under the first name present.

        Raises:
            UserError: If no such column is there.
        """
        for column in columns:
            if self.values.get(column) is not None:
                return self.values[column]
        wanted = " or ".join(repr(c) for c in columns)
        there = ", ".join(map(str, self.values)) or "none"
        raise self.wrong(f"has no column {wanted} (its columns: {there})")

    def text(self, *columns: str) -> str:
        """Read a column that must hold text.

        Args:
            *columns: The names it goes by.

        Returns:
            The text.

        Raises:
            UserError: If the column is missing or holds something else.
        """
        value = self.get(*columns)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.wrong(f"column {columns[0]!r} must be text, not {type(value).__name__}")
        return str(value)

    def whole(self, column: str) -> int:
        """Read a column that must hold a whole number.

        Args:
            column: The name it goes by.

        Returns:
            The number.

        Raises:
            UserError: If the column is missing or holds something else.
        """
        text = self.text(column)
        if not text.removeprefix("-").isdecimal():
            raise self.wrong(f"column {column!r} must be a whole number, not {text!r}")
        return int(text)

    def wrong(self, what: str) -> UserError:
        """Describe what is wrong with this row.

        Args:
            what: The end of the sentence.

        Returns:
            The error to raise.
        """
        return UserError(
            f"{self.source}, row {self.number}: {what}; "
            "is this the benchmark's official file, unchanged?"
        )


def read_rows(path: Path, csv_columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Read a file row by row.

    Args:
        path: A .jsonl, .json, .csv or .parquet file, the first three also gzipped (.gz).
            A JSON file is a list of rows, an object of rows by key, or a single row.
        csv_columns: The columns of a CSV file that has no header.

    Yields:
        The rows, numbered from 1.

    Raises:
        UserError: If the file cannot be read in its form; file and row are named.
    """
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    readers = {"jsonl": _json_lines, "json": _json, "parquet": _parquet}
    if kind == "csv":
        rows = _csv(path, csv_columns)
    elif kind in readers:
        rows = readers[kind](path)
    else:
        raise UserError(f"{path} is none of .jsonl, .json, .csv and .parquet; convert it first.")
    for number, values in enumerate(rows, start=1):
        if not isinstance(values, dict):
            raise UserError(f"{path}, row {number}: expected an object with named columns.")
        yield Row(values, str(path), number)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); fetch the file again.") from error


def _json_lines(path: Path) -> Iterator[Any]:
    # Not splitlines(): JSON strings may hold U+2028 and its like.
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
        rows = list(csv.reader(io.StringIO(_text(path), newline="")))
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
