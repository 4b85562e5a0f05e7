"""Which items of checklists a run's answers meet, as `ptr-eval judge --rubric` saved it.

The files are those of records.py; a row is an answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.runs.files import CHECKLISTS
from ptr_eval.runs.judgements import judges_itself
from ptr_eval.runs.records import RecordKind, as_written, facts_there, read_record, write_record

_KIND = RecordKind(CHECKLISTS, (1,), "ptr-eval judge --rubric", "judge again")


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """One answer, with what a judge says of each item of its question's checklist."""

    question: int
    """The number of the question."""
    place: tuple[int, int, int]
    """The answer's sample, round and position."""
    met: tuple[bool | None, ...]
    """Whether it meets each item; None where the judge's reply has no verdict or failed."""
    failed: int = 0
    """How many of the judge's requests failed."""
    tokens: int = 0
    """What the judge read and wrote."""

    @property
    def score(self) -> float | None:
        """The share of items that it meets, of those with a verdict; None if none has one."""
        known = [met for met in self.met if met is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True, slots=True)
class CheckedTask:
    """What one judge found in the answers of one task of one run."""

    task: str
    """The task."""
    samples: str
    """The name of the samples file, in the same folder, that has the answers."""
    name: str
    """What it is called."""
    judge: str
    """The judge's model."""
    model: str
    """The model whose answers are judged."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """How the judge was asked, as plain JSON types."""
    without: int = 0
    """How many questions have no checklist."""
    answers: tuple[CheckedAnswer, ...] = ()
    """The answers."""

    @property
    def itself(self) -> bool:
        """Whether the judge is the model that it judges."""
        return judges_itself(self.judge, [self.model])


def write_checklists(samples: Path, checked: CheckedTask) -> Path:
    """Write what a judge found, beside the samples file whose answers it is about."""
    facts = {
        "judge": checked.judge,
        "model": checked.model,
        "judges_itself": checked.itself,
        "settings": checked.settings,
        "without": checked.without,
        "rows": len(checked.answers),
        "tokens": sum(answer.tokens for answer in checked.answers),
    }
    rows = map(asdict, checked.answers)
    return write_record(_KIND, samples, checked.task, checked.name, facts, rows)


def check_checklists(samples: Path, checked: CheckedTask) -> None:
    """Refuse to overwrite what another judge found, or what was asked in another way."""
    path = _KIND.path(samples, checked.task, checked.name)
    told = facts_there(path, ("judge", "settings"))
    if told not in (None, (checked.judge, as_written(checked.settings))):
        raise UserError(
            f"{path} holds what {told[0]} said with other settings; give this one another --name, "
            "or delete that file."
        )


def read_checklists(folder: Path) -> list[CheckedTask]:
    """Read what judges found in the answers of a folder."""
    return [read_record(_KIND, path, _read) for path in _KIND.paths(folder)]


def _read(facts: Mapping[str, Any], rows: Iterator[Any]) -> CheckedTask:
    answers = tuple(map(_answer, rows))
    if len(answers) != facts["rows"]:
        raise ValueError(f"{len(answers)} rows of {facts['rows']}")
    names = ("task", "samples", "name", "judge", "model", "settings", "without")
    return CheckedTask(**{name: facts[name] for name in names}, answers=answers)


def _answer(row: Mapping[str, Any]) -> CheckedAnswer:
    sample, round_, position = row["place"]
    return CheckedAnswer(**{**row, "place": (sample, round_, position), "met": tuple(row["met"])})
