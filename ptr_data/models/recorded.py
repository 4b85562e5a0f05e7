"""Generations made elsewhere: JSON Lines, looked up by model and question through an index.

A line is {"query": TEXT, "model": NAME, "texts": [TEXT or null, ...]}, with `tokens`, a list of
lengths, beside it if they are known. The index holds places in the file, on disk, so that
neither it nor the file is ever in memory as a whole.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ptr_data.files import written
from ptr_data.hashing import digest
from ptr_data.records import question_id
from ptr_eval.errors import UserError


def index_of(file: Path, folder: Path) -> Path:
    """Index a file of generations, unless that was done before."""
    try:
        state = file.stat()
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}).") from error
    stamp = digest(str(file.absolute()), state.st_size, state.st_mtime_ns)
    index = folder / f"recorded-{stamp}.sqlite"
    if not index.exists():
        with written(index) as unfinished, closing(sqlite3.connect(unfinished)) as db:
            db.execute("PRAGMA journal_mode=OFF")  # A draft that is not finished is no loss.
            db.execute("PRAGMA synchronous=OFF")
            db.execute("CREATE TABLE places (key TEXT PRIMARY KEY, place INT) WITHOUT ROWID")
            db.executemany("INSERT OR IGNORE INTO places VALUES (?, ?)", _places(file))
            db.commit()
    return index


def _places(file: Path) -> Iterator[tuple[str, int]]:
    place = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                row = _row(line, f"{file}, line {number}")
                yield _key(row["model"], question_id(row["query"])), place
            place += len(line)


def _row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where}: is not JSON ({error}).") from error
    if not isinstance(row, dict):
        raise UserError(f"{where}: must be an object with `query`, `model` and `texts`.")
    for field in ("query", "model"):
        if not isinstance(row.get(field), str):
            raise UserError(f"{where}: `{field}` must be a text.")
    texts = row.get("texts")
    if not isinstance(texts, list) or not all(isinstance(t, str | None) for t in texts):
        raise UserError(f"{where}: `texts` must be a list of texts, null where there is none.")
    tokens = row.get("tokens", [0] * len(texts))
    if not (isinstance(tokens, list) and len(tokens) == len(texts) and all(map(_whole, tokens))):
        raise UserError(f"{where}: `tokens` must be a list of whole numbers, one a text.")
    return row


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _key(model: str, question: str) -> str:
    return f"{question} {model}"


class RecordedFile:
    """A file of generations, open for looking up."""

    def __init__(self, file: Path, index: Path) -> None:
        self._lines = file.open("rb")
        self._places = sqlite3.connect(f"{index.absolute().as_uri()}?mode=ro", uri=True)

    def texts(self, model: str, question: str) -> list[tuple[str | None, int | None]]:
        """Look texts up."""
        wanted = (_key(model, question),)
        found = self._places.execute("SELECT place FROM places WHERE key = ?", wanted).fetchone()
        if found is None:
            return []
        self._lines.seek(found[0])
        row = json.loads(self._lines.readline())
        texts = row["texts"]
        return list(zip(texts, row.get("tokens") or [None] * len(texts), strict=True))

    def close(self) -> None:
        """Close both files."""
        self._places.close()
        self._lines.close()
