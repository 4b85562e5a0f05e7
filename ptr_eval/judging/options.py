"""What is judged, how that is told, and what cannot be done."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.harness.judging import JudgeSettings
from ptr_eval.runs.records import name_problem


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What is judged."""

    compare: str = "first"
    """With what each answer is compared: `first`, `previous`, or `run:PATH`, another run."""
    tasks: Sequence[str] = ()
    """The tasks wanted; all if empty."""
    name: str | None = None
    """What the judgement is called; after the judge and what is compared by default."""
    repeats: int = 1
    """How many times each match is judged."""
    control: bool = True
    """Whether two samples of the same round are compared, too, where there are two."""
    people: Path | None = None
    """A CSV of what people said of the same matches."""
    ledger: Path | None = None
    """Where replies are kept; beside the results by default."""

    @property
    def other(self) -> Path | None:
        """The run compared with."""
        return Path(self.compare.removeprefix("run:")) if self.compare.startswith("run:") else None


def check(options: JudgeOptions, settings: JudgeSettings | None = None) -> None:
    """Refuse what cannot be done, all of it at once."""
    problems = []
    if settings and options.repeats > 1 and not settings.draws:
        problems.append(
            f"--repeats {options.repeats}: the judge decodes greedily, so it would say the same "
            "each time; draw its verdicts, as with --gen-kwargs temperature=0.6."
        )
    if options.other is None and options.compare not in ("first", "previous"):
        problems.append(
            f"--compare {options.compare}: compare with first, previous, or run: and the path of "
            "another run."
        )
    if options.name is not None and (problem := name_problem(options.name)):
        problems.append(problem)
    if problems:
        raise UserError.collect(problems)


def named(settings: JudgeSettings, kind: str) -> str:
    """Name a judgement after the judge and what it judges."""
    parts = [settings.model.rstrip("/").rpartition("/")[2], kind]
    words = [re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip(".-") for part in parts]
    return "_".join(filter(None, words))


def ledger_of(samples: Path, name: str, given: Path | None) -> Path:
    """Find where replies are kept."""
    return given or samples.with_name(f"judgements_{name}.ledger")


def settings_told(settings: JudgeSettings, **more: Any) -> dict[str, Any]:
    """Describe how a judge is asked, in plain JSON types."""
    form = asdict(settings.form)
    return {
        "backend": settings.backend,
        **settings.sampling.generation,
        "seed": settings.seed,
        **more,
        "judge_form": {**form, "means": dict(form["means"])},
    }
