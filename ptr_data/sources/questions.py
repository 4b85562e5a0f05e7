"""Questions from JSON Lines, JSON, Parquet or hub data sets, one after the other.

Nothing is filtered here: empty questions and repeated ones pass on to the filters.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from ptr_data.hashing import file_digest
from ptr_data.records import Question, question_id
from ptr_data.sources.columns import FormOrColumns, choose_columns, read_exchange
from ptr_data.sources.rows import DataRow, read_data
from ptr_eval.config import FilePath, Settings, Text
from ptr_eval.errors import UserError

_log = logging.getLogger(__name__)


class SourceSettings(Settings):
    """Where questions come from: files or a hub data set, one of the two."""

    path: FilePath | None = None
    """A .jsonl, .json (both also .gz) or .parquet file, or a pattern such as `data/*.parquet`;
    files are read in the order of their names."""
    hub: Text | None = None
    """A hub data set, such as `tatsu-lab/alpaca`."""
    name: Text | None = None
    """The hub data set's configuration; None for its only one."""
    split: Text = "train"
    """The hub data set's split."""
    revision: Text | None = None
    """The hub data set's commit, branch or tag; None for its newest."""
    columns: FormOrColumns = "auto"
    """Where a row holds what: plain ({question, prompt, text or instruction[, answer]}), wizardlm
    ({question or instruction, output}), alpaca ({instruction, input, output}), self_instruct
    ({instruction, instances: [{input, output}]}), sharegpt ({conversations: [{from, value}]} or
    {messages: [{role, content}]}, first exchange), auto for what fits the first row, or names
    of columns."""
    limit: int | None = Field(default=None, ge=1)
    """How many rows are read at most; None for all."""
    license: Text = "unknown"
    """The licence of the data, for the data set card."""

    @model_validator(mode="after")
    def _one_place(self) -> "SourceSettings":
        if (self.path is None) == (self.hub is None):
            raise ValueError("must have either `path` or `hub`")
        if self.path and self.model_fields_set & {"name", "split", "revision"}:
            raise ValueError("must have `name`, `split` and `revision` with `hub` only")
        return self

    def identity(self) -> Any:
        """Describe the source by what it holds and not by where it is."""
        files = [(path.name, file_digest(path)) for path in source_files(self)]
        return [{**self.model_dump(mode="json"), "path": None}, files]


def read_questions(
    sources: Sequence[SourceSettings], notes: Counter[str] | None = None
) -> Iterator[Question]:
    """Read the questions of several sources, in their order."""
    yield from (question for question, _ in read_entries(sources, notes))


def read_entries(
    sources: Sequence[SourceSettings], notes: Counter[str] | None = None
) -> Iterator[tuple[Question, DataRow]]:
    """Read the rows of several sources, in their order, and the question that each holds."""
    files = [source_files(source) for source in sources]
    shared = _shared_folder([file for found in files for file in found])
    for source, found in zip(sources, files, strict=True):
        counted: Counter[str] = Counter()
        rows = _file_rows(found, shared) if source.path else _hub_rows(source)
        yield from _entries(source, islice(rows, source.limit), counted)
        for note, count in counted.items():
            _log.warning("%s: %d %s.", source.path or source.hub, count, note)
        if notes is not None:
            notes.update(counted)


def _entries(
    source: SourceSettings, rows: Iterable[tuple[str, DataRow]], notes: Counter[str]
) -> Iterator[tuple[Question, DataRow]]:
    columns = None
    for label, row in rows:
        columns = columns or choose_columns(row, source.columns)
        exchange = read_exchange(row, columns)
        notes.update(exchange.notes)
        text = exchange.question
        yield Question(question_id(text), text, exchange.answer, label, row.number), row
    if columns is None:
        raise UserError(f"{source.path or source.hub} holds no rows; check the source.")


def source_files(source: SourceSettings) -> list[Path]:
    """Find a source's files."""
    path = source.path
    if path is None:
        return []
    # The folders of a pattern may hold pattern characters literally.
    if path.is_file():
        return [path]
    folder = next(parent for parent in path.parents if parent.is_dir())
    pattern = path.relative_to(folder).as_posix()
    found = sorted(file for file in folder.glob(pattern) if file.is_file())
    if not found:
        raise UserError(f"{path} matches no file; check `path`.")
    return found


def _shared_folder(files: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([file.parent for file in files])) if files else Path()


def _file_rows(files: Iterable[Path], shared: Path) -> Iterator[tuple[str, DataRow]]:
    for file in files:
        label = file.relative_to(shared).as_posix()
        for row in read_data(file):
            yield label, row


def _hub_rows(source: SourceSettings) -> Iterator[tuple[str, DataRow]]:
    import datasets

    label = f"{source.hub}{f' ({source.name})' if source.name else ''}, split {source.split}"
    try:
        rows = datasets.load_dataset(
            source.hub, source.name, split=source.split, revision=source.revision, streaming=True
        )
        for number, values in enumerate(rows, start=1):
            yield label, DataRow(values, label, number)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"{source.hub} cannot be loaded from the hub ({reason}); check its name and the "
            "network, or download it and give its files as `path`."
        ) from error
