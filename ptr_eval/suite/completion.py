"""What marks a run as finished: `run.json`, written last and all at once.

It holds all that the results depend on. A run whose record says the same is not done again.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.suite.command_lines import Run

RECORD = "run.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run with its results."""

    run: Run
    """The run."""
    results: Path
    """Its results file; the samples files beside it end in the same time. Results of earlier
    arguments may lie there, too."""


def finished(run: Run) -> FinishedRun | None:
    """Look whether a run is finished."""
    record = _record(run)
    if record is None or record.get("inputs") != run.inputs:
        return None
    results = run.folder / str(record.get("results"))
    return FinishedRun(run, results) if results.is_file() else None


def mark_finished(done: FinishedRun) -> None:
    """Record that a run is finished, unless the record says so already."""
    run = done.run
    record = {
        "format": _FORMAT,
        "model": run.model,
        "method": run.method,
        "step": run.step,
        "instruction": run.instruction,
        "task": run.task,
        "results": done.results.name,
        "inputs": run.inputs,
    }
    if record == _record(run):
        return
    path = run.folder / RECORD
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _record(run: Run) -> dict[str, Any] | None:
    try:
        record = json.loads((run.folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
