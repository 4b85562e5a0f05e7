"""The report's configuration: `report.yaml`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from ptr_eval.config import FilePath, Settings, Text

Difference = Literal["version", "data", "prompt", "limits", "scorer"]
"""What checkpoints on one leaderboard must have in common."""


class RunEntry(Settings):
    """A run to be reported.

    Attributes:
        path: A results file, or a folder that holds some.
        name: Its name; the folder's by default.
        checkpoint: The model's name; as lm-eval recorded it by default.
        method: How the checkpoint was trained or prompted; its name by default.
        step: Its training step, where it is one of a series.
        instruction: The name of its refinement instruction; as recorded by default.
    """

    path: FilePath
    name: Text | None = None
    checkpoint: Text | None = None
    method: Text | None = None
    step: Annotated[int, Field(ge=0)] | None = None
    instruction: Text | None = None


class ReportConfig(Settings):
    """What a report contains.

    Attributes:
        title: Its title.
        about: What a reader should know before the figures, in a sentence or two.
        runs: Runs to report beside those named on the command line.
        baseline: The run drawn as a dashed line.
        scorer: The scorer to report; each task's first by default.
        clusters: By task, the column of its documents that says which of them belong together
            for standard errors; `passage_id` for ptr_drop by default.
        published: Whether to add published rows to the paper's tables.
        round: The round to rank by; each run's last by default.
        allow: In what ranked checkpoints may differ all the same.
        resamples: How many bootstrap resamples to draw.
        seed: The seed of the bootstrap.
        viewer_items: How many items at most the HTML file shows; those that changed first.
    """

    title: Text = "Refinement, round by round"
    about: str = ""
    runs: tuple[RunEntry, ...] = Field(default=(), strict=False)
    baseline: Text | None = None
    scorer: Text | None = None
    clusters: Mapping[str, Text] = Field(default_factory=dict)
    published: bool = False
    round: Annotated[int, Field(ge=1)] | None = None
    allow: tuple[Difference, ...] = Field(default=(), strict=False)
    resamples: Annotated[int, Field(ge=100)] = 10_000
    seed: Annotated[int, Field(ge=0)] = 1234
    viewer_items: Annotated[int, Field(ge=0)] = 20_000
