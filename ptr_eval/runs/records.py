"""What was made of a samples file later, beside it: one file of rows, and one that describes them.

`KIND_TASK_NAME_STAMP.jsonl` has the rows; the same name ending in `.json` says who made them, and
how. The second is written last: rows without it are unfinished.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ptr_eval import __version__
from ptr_eval.errors import UserError
from ptr_eval.runs.files import beside, write_lines

R = TypeVar("R")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_UNREADABLE = (OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of such files."""

    prefix: str
    """What their names begin with."""
    formats: tuple[int, ...]
    """The forms that are read; the last one is written."""
    command: str
    """What writes them."""
    remedy: str
    """What to do if they cannot be read."""

    def path(self, samples: Path, task: str, name: str) -> Path:
        """Name the description."""
        return beside(samples, self.prefix, task, name)

    def paths(self, folder: Path) -> list[Path]:
        """List the descriptions in a folder."""
        return sorted(folder.glob(f"{self.prefix}*.json"))

    def broken(self, path: Path, error: Exception) -> UserError:
        """Say that a file is something else."""
        return UserError(f"{path} is not what `{self.command}` writes ({error!r}); {self.remedy}.")


def name_problem(name: str) -> str | None:
    """Say what is wrong with a name that is to stand in file names; None if nothing is."""
    if _NAME.fullmatch(name):
        return None
    return f"--name {name}: use letters, digits, dots, dashes and underscores."


def write_record(
    kind: RecordKind,
    samples: Path,
    task: str,
    name: str,
    facts: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
) -> Path:
    """Write rows, and then their description."""
    path = kind.path(samples, task, name)
    path.unlink(missing_ok=True)
    write_lines(path.with_suffix(".jsonl"), map(json.dumps, rows))
    known = {"format": kind.formats[-1], "version": __version__, "task": task}
    described = {**known, "samples": samples.name, "name": name, **facts}
    write_lines(path, [json.dumps(described, indent=1)])
    return path


def facts_there(path: Path, names: Iterable[str]) -> tuple[Any, ...] | None:
    """Read what an earlier description says; None if there is none that says it."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return tuple(facts[name] for name in names)
    except _UNREADABLE:
        return None


def as_written(value: Any) -> Any:
    """Return a value as it is read again: JSON has lists for tuples, and texts for keys."""
    return json.loads(json.dumps(value))


def read_record(
    kind: RecordKind, path: Path, read: Callable[[Mapping[str, Any], Iterator[Any]], R]
) -> R:
    """Read a description and its rows; raises a UserError if they are something else."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        known = facts["format"] in kind.formats
    except _UNREADABLE as error:
        raise kind.broken(path, error) from error
    if not known:
        raise UserError(f"{path} was written by another version of ptr-eval; {kind.remedy}.")
    rows = path.with_suffix(".jsonl")
    try:
        with rows.open(encoding="utf-8") as lines:
            return read(facts, map(json.loads, lines))
    except _UNREADABLE as error:
        raise kind.broken(rows, error) from error
