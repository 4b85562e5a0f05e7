"""The `ptr:` section of a task configuration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from ptr_eval import __version__
from ptr_eval.errors import UserError
from ptr_eval.harness.documents import Source
from ptr_eval.harness.metrics import RoundMetrics
from ptr_eval.harness.scorers import Scorer, find_scorer
from ptr_eval.harness.settings import NEWEST, SCORING, TaskSettings
from ptr_eval.instructions import resolve_prompt
from ptr_eval.plugins import reference_to
from ptr_eval.protocols import Protocol
from ptr_eval.readers import find_reader
from ptr_eval.runs import TaskDescription

T = TypeVar("T")

_KEYS = {"reader", "files", "csv_columns", "hub_names", "scorers", "prompts"}


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """What makes a benchmark a refinement task."""

    task: str
    """Its name."""
    source: Source
    """Where its documents come from."""
    reader: str
    """The name of the reader of its rows, or where it is."""
    scorers: Mapping[str, tuple[str, Scorer]]
    """By the filter name under which they are reported, scorers with their names."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Former wordings of its question by name, each a template as `doc_to_text` is."""

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> "TaskSpec":
        """Read a task's configuration."""
        task = str(config.get("task", "this task"))
        folder = _folder_of(config)
        section = config.get("ptr")
        if not isinstance(section, Mapping):
            raise UserError(
                f"{task}: its configuration has no `ptr:` section; see CONTRIBUTING.md."
            )
        problems = [f"unknown key {key!r}" for key in sorted(section.keys() - _KEYS)]
        reader = _part(problems, section.get("reader", "plain"), "reader", find_reader, folder)
        scorers = {
            str(name): _part(problems, given, f"scorers.{name}", find_scorer, folder)
            for name, given in (section.get("scorers") or {}).items()
        }
        prompts = section.get("prompts") or {}
        problems += _wrong_prompts(prompts)
        if not scorers:
            problems.append("`scorers` names none")
        if reader is None or problems:
            raise UserError.collect([f"{task}, `ptr:` section: {p.rstrip('.')}." for p in problems])
        names = section.get("hub_names") or config.get("dataset_name") or ()
        columns = section.get("csv_columns")
        files = {split: _listed(patterns) for split, patterns in section.get("files", {}).items()}
        source = Source(
            task=task,
            reader=reader[1],
            files=files,
            csv_columns=tuple(columns) if columns else None,
            hub_path=config.get("dataset_path"),
            hub_names=_listed(names),
        )
        found = {name: scorer for name, scorer in scorers.items() if scorer is not None}
        return cls(task, source, reader[0], found, prompts)

    @property
    def scorer_settings(self) -> dict[str, tuple[str, ...]]:
        """The settings that each scorer uses."""
        return {name: scorer.uses for name, (_, scorer) in self.scorers.items()}

    def applicable(self, settings: TaskSettings) -> TaskSettings:
        """Leave out scorers and a wording that the task lacks; it keeps its own then."""
        found = tuple(name for name in settings.scorers if name in self.scorers)
        prompt = settings.prompt if self.wording(settings) is not None else NEWEST
        return replace(settings, scorers=found, prompt=prompt)

    def wording(self, settings: TaskSettings) -> str | None:
        """Find the template asked for; None for the task's `doc_to_text`."""
        newest = settings.prompt == NEWEST
        return None if newest else resolve_prompt(settings.prompt, self.prompts)

    def metrics(
        self, settings: TaskSettings, protocol: Protocol, samples: int
    ) -> dict[str, RoundMetrics]:
        """Choose what to measure."""
        chosen = settings.scorers or tuple(self.scorers)
        answers = samples * max(protocol.answers_per_round)
        if max(settings.pass_k, default=1) > answers:
            raise UserError(
                f"ptr_pass_k={max(settings.pass_k)} needs at least as many samples of each "
                f"question, not {answers}; add ptr_samples={max(settings.pass_k)}."
            )
        each = tuple(protocol.answers_per_round)
        further = tuple(k for k in settings.pass_k if k > 1)
        return {
            name: RoundMetrics(self.scorers[name][1], each, samples, place == 0, further)
            for place, name in enumerate(chosen)
        }

    def prepare(self, settings: TaskSettings) -> list[str]:
        """Make sure, before anything is generated, that it will be possible to score it."""
        chosen = settings.scorers or tuple(self.scorers)
        notes = [self.scorers[name][1].prepare(settings) for name in chosen]
        return list(dict.fromkeys(note for note in notes if note))

    def describe(self, settings: TaskSettings, protocol: Protocol) -> TaskDescription:
        """Describe task and settings for the results file."""
        return TaskDescription(
            version=__version__,
            settings=asdict(settings),
            answers_per_round=tuple(protocol.answers_per_round),
            reader=self.reader,
            scorers={name: scorer for name, (scorer, _) in self.scorers.items()},
            instruction=getattr(protocol, "instruction", None),
            synthesis=getattr(protocol, "synthesis", None),
            signatures=self._signatures(settings),
        )

    def _signatures(self, settings: TaskSettings) -> dict[str, str]:
        """Say how the figures that are no means are computed."""
        applied = [self.scorers[name][1] for name in settings.scorers or self.scorers]
        return {n: f.signature() for scorer in applied for n, f in scorer.figures.items()}


def as_asked(described: TaskDescription, recorded: TaskDescription) -> TaskDescription:
    """Describe answers that are scored again: scored as of now, asked as recorded."""
    asked = {name: value for name, value in recorded.settings.items() if name not in SCORING}
    return replace(
        described,
        settings={**described.settings, **asked},
        instruction=recorded.instruction,
        synthesis=recorded.synthesis,
        first_round_model=recorded.first_round_model,
        first_round_results=recorded.first_round_results,
        costs=recorded.costs,
    )


def _part(
    problems: list[str],
    given: object,
    where: str,
    find: Callable[[str, str], T],
    folder: Sequence[Path],
) -> tuple[str, T] | None:
    """Find a reader or scorer; note the problem if it cannot be."""
    try:
        reference = reference_to(given, where, folder)
        return reference, find(reference, where)
    except UserError as error:
        problems.append(str(error))
        return None


def _wrong_prompts(prompts: object) -> list[str]:
    """Say what is wrong with the former wordings."""
    if not isinstance(prompts, Mapping):
        return ["`prompts` must give templates by name"]
    wrong = [
        f"`prompts.{name}` must be a template"
        for name, template in prompts.items()
        if not isinstance(template, str) or not template.strip()
    ]
    return [*wrong, *([f"`prompts.{NEWEST}` is `doc_to_text`"] if NEWEST in prompts else [])]


def _folder_of(config: Mapping[str, Any]) -> list[Path]:
    """Find the folder of the task's file, which lm-eval notes in its metadata."""
    source = str((config.get("metadata") or {}).get("config_source") or "")
    return [Path(source).parent] if source.endswith(".yaml") else []


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
