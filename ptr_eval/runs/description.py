"""What a results file says about a refinement task: its `ptr` section."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

RECORD_FORMAT = 3
"""The format of the records in results and samples files; raised when it changes."""

READABLE = (2, 3)
"""The formats that this version reads."""

_OLD_SETTINGS = {"similar": "similarity_threshold", "wave": "chunk"}


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """How a task was asked and scored, and what its rounds took."""

    version: str
    """The version of ptr-eval that ran it."""
    settings: Mapping[str, Any]
    """The user's settings, without the prefix `ptr_`."""
    answers_per_round: tuple[int, ...]
    """How many answers each round has."""
    reader: str
    """The reader of its questions."""
    scorers: Mapping[str, str]
    """The task's scorers by filter name."""
    instruction: str | None = None
    """What was said between rounds."""
    synthesis: str | None = None
    """What was asked below candidates."""
    first_round_model: str | None = None
    """The model whose saved answers were taken for the first round."""
    first_round_results: str | None = None
    """The name of the results file of that run, which its folder may have beside others."""
    costs: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """`seconds` and `cached_prompt_tokens`, a sum per round; what was not measured is left out."""

    outcomes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """How many requests of each round were answered, empty, cut off, refused, failed; empty for
    runs of earlier versions."""
    signatures: Mapping[str, str] = field(default_factory=dict)
    """How figures over all answers are computed, by their names, such as `bleu`."""

    @property
    def failed(self) -> int:
        """How many requests failed, in all rounds."""
        return sum(self.outcomes.get("failed", ()))

    @property
    def applied(self) -> list[str]:
        """The scorers that were applied; the first is the headline."""
        return list(self.settings.get("scorers") or self.scorers)


def description_to_json(description: TaskDescription) -> dict[str, Any]:
    """Describe a task for the results file.

    Args:
        description: The description.

    Returns:
        Plain JSON types.
    """
    described = {
        "format": RECORD_FORMAT,
        "version": description.version,
        "settings": dict(description.settings),
        "instruction": description.instruction,
        "synthesis": description.synthesis,
        "answers_per_round": list(description.answers_per_round),
        "reader": description.reader,
        "scorers": dict(description.scorers),
    }
    if description.first_round_model is not None:
        described["first_round_model"] = description.first_round_model
        described["first_round_results"] = description.first_round_results
    if description.outcomes:
        described["outcomes"] = {name: list(n) for name, n in description.outcomes.items()}
    if description.signatures:
        described["signatures"] = dict(description.signatures)
    return {**described, **{name: list(sums) for name, sums in description.costs.items()}}


def description_from_json(record: Mapping[str, Any]) -> TaskDescription:
    """Read a task's `ptr` section, of this format or format 2.

    Args:
        record: The section.

    Returns:
        The description.

    Raises:
        KeyError: If something is missing.
    """
    settings = {_OLD_SETTINGS.get(k, k): value for k, value in record["settings"].items()}
    if settings.get("order") == "asked":
        settings["order"] = "sampled"
    return TaskDescription(
        version=str(record["version"]),
        settings=settings,
        answers_per_round=tuple(record.get("answers_per_round") or record["steps"]),
        reader=record["reader"],
        scorers=record["scorers"],
        instruction=record["instruction"],
        synthesis=record["synthesis"],
        first_round_model=record.get("first_round_model"),
        first_round_results=record.get("first_round_results"),
        costs={name: record[name] for name in COSTS if name in record},
        outcomes=record.get("outcomes") or {},
        signatures=record.get("signatures") or {},
    )


SECONDS = "seconds"
CACHED = "cached_prompt_tokens"
COSTS = (SECONDS, CACHED)
