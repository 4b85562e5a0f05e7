"""Where a task's documents come from: a local folder of official files, or the hub."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.readers import Reader, SourceRow, read_questions, read_rows

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """How to read one benchmark."""

    task: str
    """The task's name, for messages."""
    reader: Reader
    """Makes questions of its rows."""
    files: Mapping[str, tuple[str, ...]]
    """For each split, glob patterns of official files below the data folder; the first pattern
    that matches anything is used."""
    csv_columns: tuple[str, ...] | None = None
    """The columns of CSV files without a header."""
    hub_path: str | None = None
    """The hub data set."""
    hub_names: tuple[str, ...] = field(default=())
    """Its configurations, read one after the other; none for the only one."""
    local_option: str = "--metadata ptr_data=FOLDER"
    """How the user names a local folder, for messages."""

    def read(self, split: str, folder: Path | None) -> list[dict[str, Any]]:
        """Read a split."""
        rows = self._hub_rows(split) if folder is None else self._local_rows(split, folder)
        documents = [document for row in rows for document in read_questions(self.reader, row)]
        if not documents:
            raise UserError(f"{self.task}: its data for the split {split!r} hold no rows.")
        return documents

    def local_files(self, split: str, folder: Path) -> list[Path]:
        """Find a split's official files."""
        for pattern in self.files.get(split, ()):
            if found := sorted(path for path in folder.glob(pattern) if path.is_file()):
                return found
        return []

    def _local_rows(self, split: str, folder: Path) -> Iterator[SourceRow]:
        if not folder.is_dir():
            raise UserError(
                f"ptr_data={folder}: no such folder; name the folder with the benchmark files, "
                "or leave it (and PTR_DATA) out to load from the hub."
            )
        files = self.local_files(split, folder)
        if not files:
            expected = " or ".join(self.files.get(split, ())) or "no known file"
            raise UserError(
                f"{self.task}: no file for the split {split!r} in {folder}; put the official "
                f"file there as {expected}, or leave ptr_data out to load from the hub."
            )
        for path in files:
            yield from read_rows(path, self.csv_columns)

    def _hub_rows(self, split: str) -> Iterator[SourceRow]:
        import datasets

        if self.hub_path is None:
            raise UserError(
                f"{self.task} has no hub data set; give its files with {self.local_option}."
            )
        for name in self.hub_names or (None,):
            try:
                rows = datasets.load_dataset(self.hub_path, name, split=split)
            except (OSError, ValueError, RuntimeError) as error:
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise UserError(
                    f"{self.task}: {self.hub_path} cannot be loaded from the hub ({reason}); "
                    f"check the network, or give local files with {self.local_option}."
                ) from error
            where = f"{self.hub_path}{f' ({name})' if name else ''}, split {split}"
            for number, row in enumerate(rows, start=1):
                yield SourceRow(row, where, number)
