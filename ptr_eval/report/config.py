"""The report's configuration: `report.yaml`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from ptr_eval.config import Settings, Text
from ptr_eval.runs import RunEntry

ConditionKind = Literal["version", "data", "prompt", "limits", "scorer"]
"""What checkpoints on one leaderboard must have in common."""


class ReportConfig(Settings):
    """What a report contains."""

    title: Text = "Refinement, round by round"
    """Its title."""
    about: str = ""
    """What a reader should know before the figures, in a sentence or two."""
    runs: tuple[RunEntry, ...] = Field(default=(), strict=False)
    """Runs to report beside those named on the command line."""
    baseline: Text | None = None
    """The run drawn as a dashed line."""
    scorer: Text | None = None
    """The scorer to report; each task's first by default."""
    clusters: Mapping[str, Text] = Field(default_factory=dict)
    """By task, the column of its documents that says which of them belong together for standard
    errors; `passage_id` for ptr_drop by default."""
    published: bool = False
    """Whether to add published rows to the paper's tables."""
    round: Annotated[int, Field(ge=1)] | None = None
    """The round to rank by; each run's last by default."""
    allow: tuple[ConditionKind, ...] = Field(default=(), strict=False)
    """In what ranked checkpoints may differ all the same."""
    resamples: Annotated[int, Field(ge=100)] = 10_000
    """How many bootstrap resamples to draw."""
    seed: Annotated[int, Field(ge=0)] = 1234
    """The seed of the bootstrap."""
    viewer_items: Annotated[int, Field(ge=0)] = 20_000
    """How many items at most the HTML file shows; those that changed first."""
