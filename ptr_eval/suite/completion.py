"""Marks a run as finished by a file `run.json`, which is written last and at once.

The file records everything that the results depend on. While that is the same, a run is not
repeated.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.suite.command_lines import SuiteRun

RECORD = "run.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A finished run with its results."""

    run: SuiteRun
    """What was run."""
    results: Path
    """Its results file. The names of its samples files, in the same folder, end in the same time.
    The folder may also contain results of earlier arguments."""


def find_finished(run: SuiteRun) -> FinishedRun | None:
    """Return a run with its results, if it is finished."""
    record = _record(run)
    if record is None or record.get("inputs") != run.fingerprint:
        return None
    results = run.folder / str(record.get("results"))
    return FinishedRun(run, results) if results.is_file() else None


def mark_finished(done: FinishedRun) -> None:
    """Record that a run is finished, unless this is recorded already."""
    run = done.run
    record = {
        "format": _FORMAT,
        "model": run.model,
        "method": run.method,
        "step": run.step,
        "instruction": run.instruction,
        "task": run.task,
        "results": done.results.name,
        "inputs": run.fingerprint,  # The name of this key in the file is older than the field's.
    }
    if record == _record(run):
        return
    path = run.folder / RECORD
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _record(run: SuiteRun) -> dict[str, Any] | None:
    try:
        record = json.loads((run.folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
