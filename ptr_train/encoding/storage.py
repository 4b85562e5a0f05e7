"""Encoded rows on disk: Arrow files, which are mapped into memory to be read.

A row takes four bytes a token. Weights are stored once per attempt: all tokens of an attempt have
the same weight, except those that are listed as masked; these and all others have weight 0.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ptr_data.files import written
from ptr_eval.errors import UserError
from ptr_train.records import Attempt, EncodedRow

SUMMARY = "summary.json"
"""The file that says what an encoding has; it is written last."""

_LIST = pa.list_(pa.int32())
SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "kind": pa.string(),
        "input_ids": _LIST,
        "starts": _LIST,
        "ends": _LIST,
        "weights": pa.list_(pa.float64()),
        "masked": _LIST,
        "dropped": pa.int32(),
    }
)
"""The columns; `starts`, `ends` and `weights` have one number per attempt, `masked` the places of
tokens that do not count though their attempt does."""


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """A file of encoded rows."""

    path: str
    """Its path in the encoding's folder, with forward slashes."""
    rows: int
    """How many rows it has."""
    tokens: int
    """How many tokens these rows have."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of some rows."""

    rows: int = 0
    """How many rows."""
    tokens: int = 0
    """How many tokens."""
    supervised: int = 0
    """How many tokens have a weight above 0."""

    def plus(self, other: "Tally") -> "Tally":
        """Add the counts of other rows."""
        sums = (sum(pair) for pair in zip(self.sizes, other.sizes, strict=True))
        return Tally(*sums)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Rows, tokens and supervised tokens."""
        return self.rows, self.tokens, self.supervised


@dataclass(frozen=True, slots=True)
class Summary:
    """What an encoding has."""

    source: str
    """The name of the file that was encoded."""
    tokenizer: str
    """The tokenizer's name."""
    settings: dict[str, Any]
    """How rows were encoded."""
    total: Tally
    """All rows."""
    kinds: dict[str, Tally]
    """The rows by their kinds."""
    truncated: int
    """How many rows were shortened by thoughts."""
    thoughts_dropped: int
    """How many thoughts were left out of these."""
    dropped: dict[str, int]
    """How many rows were left out, by the reason; `dropped.jsonl` lists them."""
    files: tuple[EncodedFile, ...]
    """The files."""
    thoughts: int | None = None
    """How many thoughts the rows had before any were left out; None if an older version wrote it.
    """
    longest: int | None = None
    """The most tokens that a row has; None if an older version wrote it."""
    inputs: dict[str, str] | None = None
    """Fingerprints of what was encoded by which tokenizer; None if an older version wrote it."""


class EncodedData:
    """The rows of a finished encoding: a sequence that is read from disk when it is needed.

    It can be sent to other processes, which then map the files themselves.
    """

    def __init__(self, folder: Path, files: Sequence[EncodedFile]) -> None:
        self.folder = folder
        self.files = tuple(files)
        self._ends = list(accumulate(file.rows for file in files))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, place: int) -> EncodedRow:
        if place < 0:
            place += len(self)
        if not 0 <= place < len(self):
            raise IndexError(place)
        file = bisect_right(self._ends, place)
        return _row(self._tables[file], place - (self._ends[file] - self.files[file].rows))

    def __iter__(self) -> Iterator[EncodedRow]:
        return (self[place] for place in range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder, "files": self.files, "_ends": self._ends}

    @property
    def lengths(self) -> Any:
        """How many tokens each row has. [rows]."""
        sizes = [np.diff(table.column("input_ids").offsets) for table in self._tables]
        return np.concatenate(sizes) if sizes else np.zeros(0, np.int32)

    @property
    def attempts(self) -> Any:
        """How many attempts each row has. [rows]."""
        sizes = [np.diff(table.column("starts").offsets) for table in self._tables]
        return np.concatenate(sizes) if sizes else np.zeros(0, np.int32)

    @property
    def dropped(self) -> Any:
        """How many thoughts were left out of each row. [rows]."""
        columns = [table.column("dropped").to_numpy() for table in self._tables]
        return np.concatenate(columns) if columns else np.zeros(0, np.int32)

    @property
    def kinds(self) -> list[str]:
        """The kind of each row."""
        return [kind for table in self._tables for kind in table.column("kind").to_pylist()]

    @property
    def ids(self) -> list[str]:
        """The id of each row."""
        return [name for table in self._tables for name in table.column("id").to_pylist()]

    @cached_property
    def _tables(self) -> list[Any]:
        opened = []
        for file in self.files:
            try:
                reader = pa.ipc.open_file(pa.memory_map(str(self.folder / file.path)))
                if reader.schema != SCHEMA:
                    raise pa.ArrowInvalid("an older version wrote it")
                opened.append(reader.get_batch(0))
            except (OSError, pa.ArrowInvalid) as error:
                raise UserError(
                    f"{self.folder / file.path} cannot be read ({error}); encode again."
                ) from error
        return opened


def write_encoded(path: Path, rows: Sequence[EncodedRow]) -> None:
    """Write a file of encoded rows; a failure leaves no part of it."""

    def lists(values: Sequence[Sequence[Any]], kind: Any) -> Any:
        ends = np.fromiter(accumulate(map(len, values), initial=0), np.int32, len(values) + 1)
        flat = np.concatenate([np.asarray(value, kind) for value in [*values, []]])
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(flat))

    columns = [
        pa.array([row.id for row in rows], pa.string()),
        pa.array([row.kind for row in rows], pa.string()),
        lists([row.input_ids for row in rows], np.int32),
        lists([[a.start for a in row.attempts] for row in rows], np.int32),
        lists([[a.end for a in row.attempts] for row in rows], np.int32),
        lists([[_weight(row, a) for a in row.attempts] for row in rows], np.float64),
        lists([_masked(row) for row in rows], np.int32),
        pa.array([row.dropped for row in rows], pa.int32()),
    ]
    with (
        written(path) as draft,
        pa.OSFile(str(draft), "wb") as file,
        pa.ipc.new_file(file, SCHEMA) as writer,
    ):
        writer.write_batch(pa.record_batch(columns, SCHEMA))


def write_summary(folder: Path, summary: Summary) -> None:
    """Write `summary.json`."""
    with written(folder / SUMMARY) as draft:
        text = json.dumps(asdict(summary), indent=1, default=str)
        draft.write_text(f"{text}\n", encoding="utf-8")


def encoded_in(path: Path, split: str) -> Path | None:
    """Find the finished encoding of a split in a folder; None if the folder is none."""
    folders = (path / split, *([path] if split == "train" else []))
    return next((folder for folder in folders if (folder / SUMMARY).is_file()), None)


def open_encoded(folder: Path) -> EncodedData:
    """Open a finished encoding."""
    return EncodedData(folder, read_summary(folder).files)


def read_summary(folder: Path) -> Summary:
    """Read the `summary.json` of a finished encoding."""
    try:
        content = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        kinds = {kind: Tally(**found) for kind, found in content.pop("kinds").items()}
        files = tuple(EncodedFile(**file) for file in content.pop("files"))
        return Summary(total=Tally(**content.pop("total")), kinds=kinds, files=files, **content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder} has no finished encoding ({type(error).__name__}); run `ptr-train encode`."
        ) from error


def tally(row: EncodedRow) -> Tally:
    """Count one row."""
    return Tally(1, len(row.input_ids), sum(weight > 0 for weight in row.weights))


def _weight(row: EncodedRow, attempt: Attempt) -> float:
    return max(row.weights[attempt.start : attempt.end], default=0.0)


def _masked(row: EncodedRow) -> list[int]:
    counted = (range(a.start, a.end) for a in row.attempts if _weight(row, a))
    return [place for places in counted for place in places if not row.weights[place]]


def _row(table: Any, place: int) -> EncodedRow:
    def values(name: str) -> list[Any]:
        column = table.column(name)
        start, end = column.offsets[place].as_py(), column.offsets[place + 1].as_py()
        found: list[Any] = column.values[start:end].to_numpy().tolist()
        return found

    ids = values("input_ids")
    attempts = tuple(Attempt(*pair) for pair in zip(values("starts"), values("ends"), strict=True))
    weights = [0.0] * len(ids)
    for attempt, weight in zip(attempts, values("weights"), strict=True):
        weights[attempt.start : attempt.end] = [weight] * (attempt.end - attempt.start)
    for masked in values("masked"):
        weights[masked] = 0.0
    name, kind, dropped = (table.column(c)[place].as_py() for c in ("id", "kind", "dropped"))
    return EncodedRow(name, kind, ids, weights, attempts, dropped)
