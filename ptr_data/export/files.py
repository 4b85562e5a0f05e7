"""Finished rows as files: Parquet and JSON Lines, for refinement and for the two baselines.

Rows are written as they come, one row group of them in memory at a time. Equal rows give equal
bytes: the schema is stated, and nothing in a file depends on when or where it was written.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, TextIO, get_args

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from ptr_data.export.training_rows import (
    DpoRow,
    IftRow,
    PromptCompletionRow,
    Split,
    TrainingRow,
    dpo_row,
    ift_row,
    prompt_completion_row,
)
from ptr_data.files import written
from ptr_data.jsonl import write_records
from ptr_data.records import Dropped
from ptr_eval.config import Settings

SPLITS: tuple[Split, ...] = get_args(Split)
DROPPED = "dropped.jsonl"
"""What was left out and why, beside the data."""


class ExportSettings(Settings):
    """How rows become files."""

    row_group: Annotated[int, Field(ge=1)] = 1000
    """How many rows a Parquet row group holds; so many are in memory at a time."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A finished file."""

    path: str
    """Where it is below the data set's folder, with forward slashes."""
    rows: int
    """How many rows it holds."""
    bytes: int
    """Its size."""
    sha256: str
    """The digest of its bytes, hexadecimal."""


_TEXT = pa.string()
_CHAT = pa.list_(pa.struct({"role": _TEXT, "content": _TEXT}))
_TRAINING = pa.list_(pa.struct({"role": _TEXT, "content": _TEXT, "weight": pa.int8()}))
_ORIGIN = pa.struct(
    {
        "model": _TEXT,
        "revision": _TEXT,
        "backend": _TEXT,
        "strategy": _TEXT,
        "temperature": pa.float64(),
        "top_p": pa.float64(),
        "top_k": pa.int32(),
        "max_new_tokens": pa.int32(),
        "seed": pa.int64(),
    }
)

SCHEMAS: Mapping[str, Any] = {
    "data": pa.schema(
        {
            "id": _TEXT,
            "kind": _TEXT,
            "split": _TEXT,
            "messages": _TRAINING,
            "query": _TEXT,
            "thoughts": pa.list_(_TEXT),
            "answer": _TEXT,
            "draft": _TEXT,
            "reference": _TEXT,
            "source": _TEXT,
            "source_row": pa.int64(),
            "provenance": pa.struct(
                {"thoughts": pa.list_(_ORIGIN), "answer": _ORIGIN, "draft": _ORIGIN}
            ),
            "scores": pa.struct(
                {
                    "consistency": pa.float64(),
                    "thought_similarity": pa.float64(),
                    "correct": pa.int32(),
                }
            ),
            "tokens": pa.struct({"thoughts": pa.list_(pa.int32()), "answer": pa.int32()}),
        }
    ),
    "prompt_completion": pa.schema({"id": _TEXT, "prompt": _CHAT, "completion": _CHAT}),
    "ift": pa.schema({"id": _TEXT, "messages": _TRAINING}),
    "dpo": pa.schema({"id": _TEXT, "prompt": _CHAT, "chosen": _CHAT, "rejected": _CHAT}),
}
"""The columns of each set: refinement data, the same as prompts and completions, instruction pairs,
preference pairs."""

DerivedRow = TrainingRow | PromptCompletionRow | IftRow | DpoRow
"""A record of a set."""

Derive = Callable[[TrainingRow], DerivedRow | None]
"""From a row to its record in a set, if it has one there."""

DERIVED: Mapping[str, Derive] = {
    "data": lambda row: row,
    "prompt_completion": prompt_completion_row,
    "ift": ift_row,
    "dpo": dpo_row,
}
"""The sets of a method whose rows have thoughts."""


def export_rows(
    rows: Iterable[TrainingRow],
    folder: Path,
    settings: ExportSettings,
    derived: Mapping[str, Derive] = DERIVED,
) -> tuple[ExportedFile, ...]:
    """Write sets such as `data/`, `ift/` and `dpo/`, each as `train` and `dev`, in both formats."""
    with ExitStack() as stack:
        writers = {
            (name, split): stack.enter_context(
                _writing(folder / name / split, SCHEMAS[name], settings)
            )
            for name in derived
            for split in SPLITS
        }
        for row in rows:
            for name, derive in derived.items():
                if (record := derive(row)) is not None:
                    writers[name, row.split].write(record)
    files = (
        described(folder, f"{set_}/{split}.{ending}", writer.rows)
        for (set_, split), writer in writers.items()
        for ending in ("parquet", "jsonl")
    )
    return tuple(sorted(files, key=lambda file: file.path))


def export_dropped(dropped: Iterable[Dropped], folder: Path) -> ExportedFile:
    """Write what was left out, as JSON Lines."""
    with written(folder / DROPPED) as unfinished:
        count = write_records(unfinished, dropped)
    return described(folder, DROPPED, count)


def described(folder: Path, path: str, rows: int) -> ExportedFile:
    """Describe a file that was written."""
    with (folder / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ExportedFile(path, rows, (folder / path).stat().st_size, digest)


@dataclass(slots=True)
class _Writer:
    """One split of a set in both formats."""

    parquet: Any
    lines: TextIO
    schema: Any
    row_group: int
    rows: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def write(self, record: DerivedRow) -> None:
        plain = asdict(record)
        self.waiting.append(plain)
        self.lines.write(json.dumps(_without_absent_weights(plain)) + "\n")
        self.rows += 1
        if len(self.waiting) == self.row_group:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            self.parquet.write_table(pa.Table.from_pylist(self.waiting, schema=self.schema))
            self.waiting.clear()


@contextmanager
def _writing(stem: Path, schema: Any, settings: ExportSettings) -> Iterator[_Writer]:
    """Open a split of a set; its files appear when the block ends without an error."""
    with (
        written(stem.with_suffix(".parquet")) as unfinished_parquet,
        written(stem.with_suffix(".jsonl")) as unfinished_lines,
        pq.ParquetWriter(unfinished_parquet, schema, compression="zstd") as parquet,
        unfinished_lines.open("w", encoding="ascii") as lines,
    ):
        writer = _Writer(parquet, lines, schema, settings.row_group)
        yield writer
        writer.flush()


def _without_absent_weights(plain: dict[str, Any]) -> dict[str, Any]:
    """Services that fine-tune take a weight on assistant messages and on no others."""
    if "messages" not in plain:
        return plain
    return {**plain, "messages": [_without_none(message) for message in plain["messages"]]}


def _without_none(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if value is not None}
