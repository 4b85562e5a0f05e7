"""What checkpoints must have in common before they are ranked, and where they differ."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ptr_eval.errors import UserError


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions a run did a task."""

    run: str
    """The run's name."""
    task: str
    """The task."""
    version: str
    """The task's version."""
    data: str
    """A fingerprint of the documents asked."""
    prompt: Mapping[str, str]
    """What prompts are made of, by name."""
    limits: Mapping[str, str]
    """How many items, how many tokens and the like, by name."""
    scorer: str
    """The scorer, with the settings that change its verdicts."""


class Incomparable(UserError):
    """Runs that cannot be ranked, with all reasons."""


def check(conditions: Sequence[Conditions], allow: Collection[str]) -> list[str]:
    """Refuse to compare runs that differ in more than the model."""
    found = list(differences(conditions))
    refused = [sentence for kind, sentence in found if kind not in allow]
    if refused:
        kinds = ", ".join(dict.fromkeys(kind for kind, _ in found if kind not in allow))
        remedy = (
            "Run them under the same conditions, or set "
            f"`allow: [{kinds}]` in the report's configuration."
        )
        raise Incomparable("\n".join(["the runs differ.", *refused, remedy]))
    return [sentence for _, sentence in found]


def differences(conditions: Sequence[Conditions]) -> Iterator[tuple[str, str]]:
    """List what runs differ in, task by task."""
    for task in dict.fromkeys(condition.task for condition in conditions):
        mine = [condition for condition in conditions if condition.task == task]
        for kind in ("version", "data", "prompt", "limits", "scorer"):
            values = {condition.run: _fields(condition, kind) for condition in mine}
            for name in dict.fromkeys(name for fields in values.values() for name in fields):
                by_run = {run: fields.get(name, "not set") for run, fields in values.items()}
                if len(set(by_run.values())) > 1:
                    yield kind, _sentence(task, kind, name, by_run)


def _fields(condition: Conditions, kind: str) -> Mapping[str, str]:
    value = getattr(condition, kind)
    return value if isinstance(value, Mapping) else {"": value}


def _sentence(task: str, kind: str, name: str, by_run: Mapping[str, str]) -> str:
    runs: dict[str, list[str]] = {}
    for run, value in by_run.items():
        runs.setdefault(value, []).append(run)
    listed = ", ".join(f"{_short(value)} in {' and '.join(of)}" for value, of in runs.items())
    return f"{task}: {kind} differs{f' in {name}' if name else ''}: {listed}."


def _short(value: str) -> str:
    plain = " ".join(value.split())
    return repr(plain) if len(plain) <= 60 else repr(f"{plain[:57]}...")
