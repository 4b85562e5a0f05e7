"""What a reward model or a judge chose among a run's candidates, as `ptr-eval select` saved it.

The files are those of records.py; a row is a group.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from ptr_eval.errors import UserError
from ptr_eval.judge import MATCH_OUTCOMES, UNDECIDED, decides
from ptr_eval.runs.files import SELECTIONS
from ptr_eval.runs.records import RecordKind, facts_there, read_record, write_record

_OLDER = 1
"""A format that is still read: it does not say why a match was not decided."""

_KIND = RecordKind(SELECTIONS, (_OLDER, 2), "ptr-eval select", "select again")

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
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """How many of a judge's matches ended how, see `ptr_eval.judge.MatchOutcome`; in older files
    all that were not decided are `undecided`. Empty for reward models."""
    judge_form: str = ""
    """The form of a judge's verdicts; empty for reward models, and where it is not recorded."""

    @property
    def matches(self) -> int:
        """How many matches a judge was asked about."""
        return sum(self.outcomes.values())

    @property
    def measured(self) -> bool:
        """Whether the choices are the selector's own.

        Where a judge decided none of its matches, all choices were drawn by a hash.
        """
        return decides(self.outcomes)


@dataclass(frozen=True, slots=True)
class Selector:
    """What chooses."""

    name: str
    """What it is called."""
    method: Method
    """How it chooses."""
    model: str
    """Its model."""


@dataclass(frozen=True, slots=True)
class SelectedGroup:
    """What was chosen of one group."""

    group: Group
    """The group."""
    position: int | None
    """The chosen candidate's position; None where all are empty."""
    correct: bool
    """Whether it is correct."""
    why: Mapping[str, Any]
    """The group's scores or matches, as plain JSON types."""
    tokens: float
    """What the selector read and wrote, in tokens."""


def check_free(samples: Path, task: str, selector: Selector) -> None:
    """Refuse to overwrite another model's choices.

    Args:
        samples: The samples file.
        task: Its task.
        selector: The selector about to choose.

    Raises:
        UserError: If the file with its name is another model's.
    """
    path = _KIND.path(samples, task, selector.name)
    before = facts_there(path, ("method", "model"))
    if before not in (None, (selector.method, selector.model)):
        raise UserError(
            f"{path} holds the choices of {before[1]}; give this selector another --name."
        )


def write_selection(
    samples: Path,
    task: str,
    selector: Selector,
    size: int,
    settings: Mapping[str, Any],
    counts: Mapping[str, float],
    rows: Iterable[SelectedGroup],
) -> None:
    """Write what a selector chose, beside the samples file that it chose from.

    Args:
        samples: The samples file.
        task: Its task.
        selector: The selector.
        size: How many candidates a group has.
        settings: How it chose, as plain JSON types.
        counts: What is added up over groups; `groups` and `tokens` are among it.
        rows: The choices.
    """
    facts = {
        "method": selector.method,
        "model": selector.model,
        "size": size,
        "settings": settings,
        "counts": counts,
    }
    write_record(_KIND, samples, task, selector.name, facts, map(_row, rows))


def _row(row: SelectedGroup) -> dict[str, Any]:
    doc_id, sample = row.group
    return {
        "doc_id": doc_id,
        "sample": sample,
        "position": row.position,
        "correct": row.correct,
        **row.why,
        "tokens": row.tokens,
    }


def read_selections(folder: Path) -> list[Selection]:
    """Read the selections of a folder.

    Args:
        folder: A folder with samples files.

    Returns:
        The selections, by the names of their files; none if none were made.

    Raises:
        UserError: If a file is broken, or another version wrote it.
    """
    return [read_record(_KIND, path, _read) for path in _KIND.paths(folder)]


def _read(facts: Mapping[str, Any], rows: Iterator[Any]) -> Selection:
    chosen = dict(map(_choice, rows))
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
        outcomes=_outcomes(facts) if facts["method"] == "judge" else {},
        judge_form=facts.get("settings", {}).get("judge_form", {}).get("name", ""),
    )


def _choice(row: Mapping[str, Any]) -> tuple[Group, int | None]:
    position = row["position"]
    return (int(row["doc_id"]), int(row["sample"])), None if position is None else int(position)


def _outcomes(facts: Mapping[str, Any]) -> dict[str, int]:
    counts = facts["counts"]
    if facts["format"] == _OLDER:
        matches, undecided = counts.get("matches", 0), counts.get("undecided", 0)
        return {"decided": matches - undecided, UNDECIDED: undecided}
    return {outcome: counts[outcome] for outcome in MATCH_OUTCOMES}
