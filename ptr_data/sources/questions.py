"""Questions from files, folders or hub data sets, one after the other.

Nothing is filtered here: empty questions and repeated ones pass on to the filters. Rows that cannot
be read are handed on apart, up to the share of them that the source's settings allow.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, model_validator

from ptr_data.hashing import file_digest
from ptr_data.records import Dropped, Question, question_id
from ptr_data.sources.columns import (
    FormOrColumns,
    QuestionAndAnswer,
    System,
    choose_columns,
    read_exchange,
    unused,
)
from ptr_data.sources.rows import DATA_FILES, DataRow, RowError, read_data
from ptr_data.sources.saved import is_saved, saved_rows
from ptr_eval.config import FilePath, Settings, Text
from ptr_eval.errors import UserError

UNREADABLE = "unreadable row"
"""Why rows are dropped that cannot be read."""

_TRIED = 1_000  # Rows after which a source is given up if none of them can be read.

T = TypeVar("T")
Drop = Callable[[Dropped], object]
"""Takes what was dropped."""

_log = logging.getLogger(__name__)


class SourceSettings(Settings):
    """Where questions come from: files or a hub data set, one of the two."""

    path: FilePath | None = None
    """A .jsonl, .json, .csv, .tsv (all also .gz) or .parquet file, a pattern such as
    `data/*.parquet`, a folder of such files, or one that `save_to_disk` of datasets wrote; files
    are read in the order of their names."""
    hub: Text | None = None
    """A hub data set, such as `tatsu-lab/alpaca`."""
    name: Text | None = None
    """The hub data set's configuration; None for its only one."""
    split: Text = "train"
    """The split of a hub data set, or of a folder that was saved with its splits."""
    revision: Text | None = None
    """The hub data set's commit, branch or tag; None for its newest."""
    columns: FormOrColumns = "auto"
    """Where a row holds what: plain ({question, prompt, text, instruction, query or problem[,
    answer, output, response, completion or solution]}), wizardlm ({question or instruction,
    output}), alpaca ({instruction, input or context, output}), self_instruct ({instruction,
    instances: [{input, output}]}), sharegpt ({conversations: [{from, value}]} or {messages: [{role,
    content}]}, first exchange), auto for what fits the first row, or names of columns. An `output`
    may also be called `response` or `completion`."""
    system: System = "drop"
    """What is done with system prompts: `drop` leaves them out, together with the answers given
    under them; `keep` puts them above their questions."""
    unreadable: float = Field(default=0.01, ge=0, le=1)
    """The largest share of rows that may be unreadable, such as rows that are not JSON or lack a
    column; they are dropped, and above it the build stops."""
    limit: int | None = Field(default=None, ge=1)
    """How many rows are read at most; None for all."""
    license: Text = "unknown"
    """The licence of the data, for the data set card."""

    @model_validator(mode="after")
    def _one_place(self) -> "SourceSettings":
        if (self.path is None) == (self.hub is None):
            raise ValueError("must have either `path` or `hub`")
        if self.path and self.model_fields_set & {"name", "revision"}:
            raise ValueError("must have `name` and `revision` with `hub` only")
        return self

    def identity(self) -> Any:
        """Describe the source by what it holds and not by where it is."""
        files = [(path.name, _digest(path)) for path in source_files(self)]
        return [{**self.model_dump(mode="json"), "path": None}, files]


def _digest(path: Path) -> Any:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return [(file.relative_to(path).as_posix(), file_digest(file)) for file in files]
    return file_digest(path)


def read_questions(
    sources: Sequence[SourceSettings],
    notes: Counter[str] | None = None,
    drop: Drop = lambda dropped: None,
) -> Iterator[Question]:
    """Read the questions of several sources, in their order."""
    return read_entries(sources, lambda question, row: question, notes, drop)


def read_entries(
    sources: Sequence[SourceSettings],
    make: Callable[[Question, DataRow], T],
    notes: Counter[str] | None = None,
    drop: Drop = lambda dropped: None,
) -> Iterator[T]:
    """Make something of each row of several sources, in their order, and of its question."""
    files = [source_files(source) for source in sources]
    shared = _shared_folder([file for found in files for file in found])
    for source, found in zip(sources, files, strict=True):
        reading = _Reading(source, drop)
        rows = _file_rows(found, shared, source.split) if source.path else _hub_rows(source)
        for label, row in islice(rows, source.limit):
            try:
                yield make(reading.question(label, row), row)
            except RowError as error:
                reading.leave_out(label, row, error)
        reading.finish()
        if notes is not None:
            notes.update(reading.notes)


@dataclass(slots=True)
class _Reading:
    """The reading of one source."""

    source: SourceSettings
    drop: Drop
    rows: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    _columns: Any = None
    _left_out: int = 0
    _first: str = ""

    def question(self, label: str, row: DataRow) -> Question:
        self.rows += 1
        if row.fault:
            raise row.wrong(row.fault)
        exchange = self._exchange(row)
        self.notes.update(exchange.notes)
        text = exchange.question
        return Question(question_id(text), text, exchange.answer, label, row.number)

    def _exchange(self, row: DataRow) -> QuestionAndAnswer:
        by_form = isinstance(self.source.columns, str)
        if self._columns is None:
            self._columns = choose_columns(row, self.source.columns)
            if by_form and (others := unused(row, self._columns)):
                _log.warning(
                    "%s: read as questions without answers, as none of %s is known to hold them; "
                    "if one does, name it, as in `columns: {question: %s, answer: %s}`.",
                    self._name, ", ".join(others), self._columns.question, others[-1],
                )  # fmt: skip
        return read_exchange(row, self._columns, self.source.system if by_form else None)

    def leave_out(self, label: str, row: DataRow, error: RowError) -> None:
        self._left_out += 1
        self._first = self._first or str(error)
        text = row.shown()
        question = Question(question_id(text), text, "", label, row.number)
        self.drop(Dropped(question, "read", UNREADABLE, str(error)))
        if self._left_out == self.rows == _TRIED:
            self._check_share()

    def finish(self) -> None:
        """Tell what was not used, and stop where that is too much."""
        if not self.rows:
            raise UserError(f"{self._name} holds no rows; check the source.")
        self._check_share()
        if self._left_out:
            self.notes["rows that cannot be read, dropped"] = self._left_out
        for note, count in self.notes.items():
            _log.warning("%s: %d %s.", self._name, count, note)

    def _check_share(self) -> None:
        if self._left_out > self.rows * self.source.unreadable:
            raise UserError(
                f"{self._first} {self._left_out:,} of {self.rows:,} rows of {self._name} cannot be "
                f"read, above the share `unreadable: {self.source.unreadable:g}` of the source."
            )

    @property
    def _name(self) -> str:
        return str(self.source.path or self.source.hub)


def source_files(source: SourceSettings) -> list[Path]:
    """Find a source's files; a saved data set is one."""
    path = source.path
    if path is None:
        return []
    saved = is_saved(path)
    if "split" in source.model_fields_set and saved != "splits":
        raise UserError(
            f"{path} is no folder that `save_to_disk` wrote with its splits; leave out `split`."
        )
    if saved or path.is_file():
        return [path]
    return _folder_files(path) if path.is_dir() else _matching_files(path)


def _folder_files(folder: Path) -> list[Path]:
    found = sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and Path(file.name.removesuffix(".gz")).suffix in DATA_FILES
    )
    if not found:
        raise UserError(f"{folder} holds no file of {', '.join(DATA_FILES)}; check `path`.")
    _log.info("%s: %d files.", folder, len(found))
    return found


def _matching_files(path: Path) -> list[Path]:
    # The folders of a pattern may hold pattern characters literally.
    folder = next(parent for parent in path.parents if parent.is_dir())
    pattern = path.relative_to(folder).as_posix()
    found = sorted(file for file in folder.glob(pattern) if file.is_file())
    if not found:
        raise UserError(f"{path} matches no file; check `path`.")
    return found


def _shared_folder(files: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([file.parent for file in files])) if files else Path()


def _file_rows(files: Iterable[Path], shared: Path, split: str) -> Iterator[tuple[str, DataRow]]:
    for file in files:
        label = file.relative_to(shared).as_posix()
        for row in saved_rows(file, split) if file.is_dir() else read_data(file):
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
