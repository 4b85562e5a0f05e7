"""What a report is made of: the runs asked for, and the tasks that were found in them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ptr_eval.config import FilePath, Settings, Text
from ptr_eval.runs.description import TaskDescription
from ptr_eval.runs.run_label import RunLabel
from ptr_eval.runs.saved import SavedTask


class RunEntry(Settings):
    """A run to be reported."""

    path: FilePath
    """A results file, or a folder that holds some."""
    name: Text | None = None
    """Its name; the folder's by default, with folders above it where two have the same."""
    checkpoint: Text | None = None
    """The model's name; as lm-eval recorded it by default."""
    method: Text | None = None
    """How the checkpoint was trained or prompted; its name by default."""
    step: Annotated[int, Field(ge=0)] | None = None
    """Its training step, where it is one of a series."""
    instruction: Text | None = None
    """The name of its refinement instruction; as recorded by default."""


@dataclass(frozen=True, slots=True)
class ReportedTask:
    """One task of one run, under one scorer."""

    saved: SavedTask
    """The task as lm-eval saved it."""
    label: RunLabel
    """What its run is called."""
    scorer: str
    """The scorer to report."""

    @property
    def task(self) -> str:
        """The task's name."""
        return self.saved.task

    @property
    def samples(self) -> Path:
        """The samples file."""
        return self.saved.samples

    @property
    def description(self) -> TaskDescription:
        """How the task was asked and scored."""
        return self.saved.description
