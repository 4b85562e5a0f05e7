"""Which items of checklists a run's answers meet, as `ptr-eval judge --rubric` saved it.

Beside a samples file are two files for each judge: `checklists_TASK_NAME_STAMP.jsonl` with one row
an answer, and the same name ending in `.json`, which says who judged. The second is written last.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ptr_eval import __version__
from ptr_eval.errors import UserError
from ptr_eval.runs.files import CHECKLISTS, beside, write_lines

CHECKLIST_FORMAT = 1
"""The form of these files; raised when it changes."""


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
        return self.judge.rstrip("/").casefold() == self.model.rstrip("/").casefold()


def write_checklists(samples: Path, checked: CheckedTask) -> Path:
    """Write what a judge found, beside the samples file whose answers it is about."""
    path = beside(samples, CHECKLISTS, checked.task, checked.name)
    path.unlink(missing_ok=True)
    write_lines(path.with_suffix(".jsonl"), (json.dumps(asdict(one)) for one in checked.answers))
    facts = {
        "format": CHECKLIST_FORMAT,
        "version": __version__,
        "task": checked.task,
        "samples": samples.name,
        "name": checked.name,
        "judge": checked.judge,
        "model": checked.model,
        "judges_itself": checked.itself,
        "settings": checked.settings,
        "without": checked.without,
        "rows": len(checked.answers),
        "tokens": sum(answer.tokens for answer in checked.answers),
    }
    write_lines(path, [json.dumps(facts, indent=1)])
    return path


def check_checklists(samples: Path, checked: CheckedTask) -> None:
    """Refuse to overwrite what another judge found, or what was asked in another way."""
    path = beside(samples, CHECKLISTS, checked.task, checked.name)
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
        told = (before["judge"], before["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    if told != (checked.judge, json.loads(json.dumps(checked.settings))):
        raise UserError(
            f"{path} holds what {told[0]} said with other settings; give this one another --name, "
            "or delete that file."
        )


def read_checklists(folder: Path) -> list[CheckedTask]:
    """Read what judges found in the answers of a folder."""
    return [_read(path) for path in sorted(folder.glob("checklists_*.json"))]


def _read(path: Path) -> CheckedTask:
    rows = path.with_suffix(".jsonl")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        with rows.open(encoding="utf-8") as lines:
            answers = tuple(_answer(json.loads(line)) for line in lines)
        if facts["format"] != CHECKLIST_FORMAT or len(answers) != facts["rows"]:
            raise ValueError(f"{len(answers)} rows of {facts['rows']}")
        names = ("task", "samples", "name", "judge", "model", "settings", "without")
        return CheckedTask(**{name: facts[name] for name in names}, answers=answers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is not what `ptr-eval judge --rubric` writes ({error!r}); judge again."
        ) from error


def _answer(row: Mapping[str, Any]) -> CheckedAnswer:
    sample, round_, position = row["place"]
    return CheckedAnswer(**{**row, "place": (sample, round_, position), "met": tuple(row["met"])})
