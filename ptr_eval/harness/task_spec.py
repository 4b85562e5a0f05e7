"""The `ptr:` section of a task configuration."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ptr_eval import __version__
from ptr_eval.errors import UserError
from ptr_eval.harness.documents import Source
from ptr_eval.harness.metrics import Measures
from ptr_eval.harness.scorers import SCORERS
from ptr_eval.harness.settings import Settings
from ptr_eval.protocols import Protocol
from ptr_eval.readers import READERS

RECORD_FORMAT = 2
"""The form of the records in the samples files; raised when it changes."""

_KEYS = {"reader", "files", "csv_columns", "hub_names", "scorers"}


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """What makes a benchmark a refinement task."""

    task: str
    """Its name."""
    source: Source
    """Where its documents come from."""
    scorers: Mapping[str, str]
    """Names of scorers by the filter name under which they are reported."""

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> "TaskSpec":
        """Read a task's configuration."""
        task = str(config.get("task", "this task"))
        section = config.get("ptr")
        if not isinstance(section, Mapping):
            raise UserError(
                f"{task}: its configuration has no `ptr:` section; see CONTRIBUTING.md."
            )
        problems = [f"unknown key {key!r}" for key in sorted(section.keys() - _KEYS)]
        reader, scorers = section.get("reader", "plain"), section.get("scorers") or {}
        if reader not in READERS:
            problems.append(f"reader {reader!r} is none of {', '.join(sorted(READERS))}")
        if not scorers:
            problems.append("`scorers` names none")
        problems += [
            f"scorer {name!r} is none of {', '.join(sorted(SCORERS))}"
            for name in scorers.values()
            if name not in SCORERS
        ]
        if problems:
            raise UserError.collect([f"{task}, `ptr:` section: {p}." for p in problems])
        names = section.get("hub_names") or config.get("dataset_name") or ()
        columns = section.get("csv_columns")
        files = {split: _listed(patterns) for split, patterns in section.get("files", {}).items()}
        source = Source(
            task=task,
            reader=reader,
            files=files,
            csv_columns=tuple(columns) if columns else None,
            hub_path=config.get("dataset_path"),
            hub_names=_listed(names),
        )
        return cls(task, source, dict(scorers))

    def measures(self, settings: Settings, protocol: Protocol, samples: int) -> dict[str, Measures]:
        """Choose what to measure."""
        chosen = settings.scorers or tuple(self.scorers)
        if unknown := [name for name in chosen if name not in self.scorers]:
            raise UserError(
                f"ptr_scorers={','.join(unknown)}: {self.task} has the scorers "
                f"{', '.join(self.scorers)}."
            )
        answers = samples * max(protocol.steps)
        if max(settings.pass_k, default=1) > answers:
            raise UserError(
                f"ptr_pass_k={max(settings.pass_k)} needs at least as many samples of each "
                f"question, not {answers}; add ptr_samples={max(settings.pass_k)}."
            )
        steps, further = tuple(protocol.steps), tuple(k for k in settings.pass_k if k > 1)
        return {
            name: Measures(SCORERS[self.scorers[name]], steps, samples, place == 0, further)
            for place, name in enumerate(chosen)
        }

    def prepare(self, settings: Settings) -> list[str]:
        """Make sure, before anything is generated, that it will be possible to score it."""
        chosen = settings.scorers or tuple(self.scorers)
        said = [SCORERS[self.scorers[name]].prepare(settings) for name in chosen]
        return list(dict.fromkeys(sentence for sentence in said if sentence))

    def describe(self, settings: Settings, protocol: Protocol) -> dict[str, Any]:
        """Describe task and settings for the results file."""
        return {
            "format": RECORD_FORMAT,
            "version": __version__,
            "settings": asdict(settings),
            "instruction": getattr(protocol, "instruction", None),
            "synthesis": getattr(protocol, "synthesis", None),
            "steps": list(protocol.steps),
            "reader": self.source.reader,
            "scorers": dict(self.scorers),
        }


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
