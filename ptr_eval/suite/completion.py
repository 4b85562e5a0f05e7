"""Marks a run as finished by a file `run.json`, which is written last and at once.

The file records everything that the results depend on. While that is the same, a run is not
repeated, unless some of its requests failed.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.runs import failed_requests
from ptr_eval.suite.command_lines import SuiteRun

RECORD = "run.json"
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A finished run with its results."""

    run: SuiteRun
    """What was run."""
    results: Path
    """Its results file. The names of its samples files, in the same folder, end in the same time.
    The folder may also contain results of earlier arguments."""
    failed: int = 0
    """How many of its requests failed. The same suite asks these again."""


def find_finished(run: SuiteRun) -> FinishedRun | None:
    """Return a run with its results, if it is finished."""
    found = _recorded(run)
    if found is None or found[0].get("inputs") != run.fingerprint:
        return None
    return FinishedRun(run, found[1], failed_requests(found[1]))


def changes_since(run: SuiteRun) -> list[str]:
    """List in what a run differs from the one that was finished in its folder, if there is one."""
    found = _recorded(run)
    before = found[0].get("inputs") if found else None
    if not isinstance(before, Mapping):
        return []
    now = run.fingerprint
    return sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))


def mark_finished(done: FinishedRun, inputs: Mapping[str, Any]) -> None:
    """Record that a run is finished, unless this is recorded already.

    `inputs` is its fingerprint at its start: a file may have changed while it ran.
    """
    run = done.run
    record = {
        "format": _FORMAT,
        "model": run.model,
        "method": run.method,
        "step": run.step,
        "instruction": run.instruction,
        "task": run.task,
        "results": done.results.name,
        "inputs": inputs,  # The name of this key in the file is older than the word fingerprint.
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


def _recorded(run: SuiteRun) -> tuple[dict[str, Any], Path] | None:
    record = _record(run)
    results = run.folder / str((record or {}).get("results"))
    return (record, results) if record is not None and results.is_file() else None


def _record(run: SuiteRun) -> dict[str, Any] | None:
    try:
        record = json.loads((run.folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
