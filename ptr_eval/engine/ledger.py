"""The ledger: every reply, on disk the moment it is finished.

A killed run started again finds its answers here and goes on where it stopped. An entry is
keyed by everything the answer depends on, so that changing the model, the prompt or a setting
never brings back an old answer. Failures are not recorded: a new run tries them again.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.protocols import FinishReason, Reply

_FORMAT = 4
_EARLIER = 3  # Lacks the columns of tokens, which may be empty.
_TOLD = ("prompt_tokens", "generated_tokens", "visible_tokens")
_INSERT = "INSERT OR REPLACE INTO generations VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_BATCH = 500  # SQLite's oldest limit on parameters is 999.


def request_key(
    *,
    model: str,
    prompt: str,
    settings: Mapping[str, Any],
    sample: int,
    round: int,
    place: str,
    owner: str = "",
) -> str:
    """Name a reply by all it depends on.

    Args:
        model: The model and its revision.
        prompt: The rendered prompt.
        settings: The generation settings.
        sample: Which of several samples of the same question.
        round: The step of its dialogue, from 1.
        place: What else distinguishes equal requests, such as the position in the step.
        owner: Who asks, where that is known by name; each has replies of its own.

    Returns:
        A SHA-256 digest in hexadecimal; after it the owner, if there is one.
    """
    facts = [model, prompt, dict(settings), sample, round, place]
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, default=str)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return f"{digest}-{owner}" if owner else digest


class Ledger:
    """Replies by key in one SQLite file; safe against kill -9 and a second process.

    Close it, or use it with `contextlib.closing`.

    Args:
        path: The file; made with its folders if absent.

    Raises:
        UserError: If the file is something else, or a ledger of another format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Requests may finish in threads.
            self._db = sqlite3.connect(path, timeout=60, check_same_thread=False)
        except (sqlite3.DatabaseError, OSError) as error:
            raise _unusable(path, error) from error
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        """Make the table, or refuse a file that is something else before changing it."""
        self._db.isolation_level = None
        try:
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise _unusable(self.path, error) from error
        if found not in (_FORMAT, _EARLIER) and (found or tables):
            raise UserError(
                f"{self.path} is not a ledger of this version of ptr-eval; "
                "name another file or delete it."
            )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS generations "
            "(key TEXT PRIMARY KEY, response TEXT NOT NULL, seconds REAL, cached_tokens REAL, "
            "full INTEGER, prompt_tokens INTEGER, generated_tokens INTEGER, "
            "visible_tokens INTEGER)"
        )
        if found == _EARLIER:
            self._add_columns()
        self._db.execute(f"PRAGMA user_version={_FORMAT}")

    def _add_columns(self) -> None:
        """Let a ledger of the earlier format hold what this one holds; another process may, too."""
        self._db.execute("BEGIN IMMEDIATE")
        there = {row[1] for row in self._db.execute("PRAGMA table_info(generations)")}
        for name in _TOLD:
            if name not in there:
                self._db.execute(f"ALTER TABLE generations ADD COLUMN {name} INTEGER")
        self._db.execute("COMMIT")

    def find(self, keys: Iterable[str]) -> dict[str, Reply]:
        """Look replies up.

        Args:
            keys: Keys made by `request_key`.

        Returns:
            The replies found, by key, as far as a ledger keeps them.
        """
        wanted = list(keys)
        found: dict[str, Reply] = {}
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            query = f"SELECT * FROM generations WHERE key IN ({marks})"
            with closing(self._db.execute(query, part)) as rows:
                found.update((key, _reply(text, *cost)) for key, text, *cost in rows)
        return found

    def record(self, replies: Mapping[str, Reply]) -> None:
        """Write replies down, all or none of them.

        Args:
            replies: The replies by key; what depends on the prompt alone is not kept.
        """
        rows = [(key, *_row(reply)) for key, reply in replies.items()]
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(_INSERT, rows)
            self._db.execute("COMMIT")

    def has_unowned(self) -> bool:
        """Tell whether it has replies whose names say nothing of who asked."""
        query = "SELECT EXISTS (SELECT 1 FROM generations WHERE key NOT LIKE '%-%')"
        return bool(self._db.execute(query).fetchone()[0])

    def rename(self, names: Mapping[str, str]) -> None:
        """Give replies other names, all or none of them.

        Args:
            names: The new keys by the old ones.
        """
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "UPDATE OR IGNORE generations SET key = ? WHERE key = ?",
                [(new, old) for old, new in names.items()],
            )
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _unusable(path: Path, error: Exception) -> UserError:
    return UserError(f"{path} cannot be used as a ledger ({error}); name another file.")


def _row(reply: Reply) -> tuple[str | float | None, ...]:
    # JSON keeps lone surrogates, which SQLite's UTF-8 does not.
    reached = None if reply.finish_reason is None else reply.finish_reason == "length"
    told = (reply.prompt_tokens or None, reply.generated_tokens or None, reply.visible_tokens)
    return json.dumps(reply.response), reply.seconds, reply.cached_tokens, reached, *told


def _reply(
    text: str,
    seconds: float | None,
    cached_tokens: float | None,
    reached_limit: int | None,
    *told: int | None,
) -> Reply:
    prompt, generated, visible = told
    reason: FinishReason | None = None
    if reached_limit is not None:
        reason = "length" if reached_limit else "stop"
    return Reply(
        json.loads(text),
        prompt_tokens=prompt or 0,
        generated_tokens=generated or 0,
        visible_tokens=visible,
        finish_reason=reason,
        seconds=seconds,
        cached_tokens=cached_tokens,
    )
