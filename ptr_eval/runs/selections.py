"""What a reward model or a judge chose among a run's candidates, as `ptr-eval select` saved it.

Beside a samples file lie two files for each selector: `selections_TASK_NAME_STAMP.jsonl` with
one row a group, and the same name ending in `.json`, which says who chose and how. The second is
written last: rows without it are unfinished.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ptr_eval.errors import UserError

SELECTION_FORMAT = 1
"""The form of these files; raised when it changes."""

Method = Literal["reward", "judge"]
Group = tuple[int, int]
"""A document's number, and the number of the group among its groups."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What one selector chose in one task of one run."""

    task: str
    """The task."""
    samples: str
    """The name of the samples file, in the same folder, that it chose from."""
    name: str
    """What the selector is called."""
    method: Method
    """A reward model that scores each candidate, or a judge that compares two."""
    model: str
    """The selector's model."""
    size: int
    """How many candidates k a group has."""
    chosen: Mapping[Group, int | None]
    """By group, the position of the chosen candidate; None where all are empty, which counts as
    wrong. A group is a sample in parallel; where samples of one answer each were grouped,
    position p of group g is sample g * size + p."""
    tokens: int
    """What the selector read and wrote, in tokens, over all groups."""


def read_selections(folder: Path) -> list[Selection]:
    """Read the selections that lie in a folder."""
    return [_read(path) for path in sorted(folder.glob("selections_*.json"))]


def _read(path: Path) -> Selection:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        same = facts["format"] == SELECTION_FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(path, error) from error
    if not same:
        raise UserError(f"{path} was written by another version of ptr-eval; select again.")
    rows = path.with_suffix(".jsonl")
    try:
        lines = rows.read_text(encoding="utf-8").splitlines()
        chosen = dict(_choice(json.loads(line)) for line in lines)
        if facts["method"] not in get_args(Method) or len(chosen) != facts["counts"]["groups"]:
            raise ValueError(f"{len(chosen)} groups of {facts['counts']['groups']}")
        return Selection(
            task=facts["task"],
            samples=facts["samples"],
            name=facts["name"],
            method=facts["method"],
            model=facts["model"],
            size=facts["size"],
            chosen=chosen,
            tokens=facts["counts"]["tokens"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(rows, error) from error


def _choice(row: Mapping[str, Any]) -> tuple[Group, int | None]:
    position = row["position"]
    return (int(row["doc_id"]), int(row["sample"])), None if position is None else int(position)


def _broken(path: Path, error: Exception) -> UserError:
    return UserError(f"{path} is not what `ptr-eval select` writes ({error!r}); select again.")
