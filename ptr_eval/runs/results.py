"""Results files of lm-eval: which runs a folder holds, and under which conditions they ran.

Only the JSON is read, lm-eval itself is not needed. Files that are cut off or foreign are
refused by name.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.report.config import RunEntry
from ptr_eval.runs.run_label import RunLabel

RECORD_FORMAT = 2
"""The form of the samples that this version reads; the harness writes it."""

_MARKER = "run.json"


@dataclass(frozen=True, slots=True)
class TaskFile:
    """One task of one run, as lm-eval saved it."""

    label: RunLabel
    """Whose answers they are."""
    task: str
    """The task."""
    samples: Path
    """The samples file."""
    results: Path
    """The results file beside it."""
    scorer: str
    """The headline scorer."""
    expected: int
    """How many documents the results file speaks of."""
    config: Mapping[str, Any]
    """The task's configuration, with its `ptr` section."""
    version: str
    """The task's version."""
    facts: Mapping[str, Any]
    """The results file's facts about the model: `system_instruction`, `chat_template`."""


def find_tasks(entries: Sequence[RunEntry], scorer: str | None = None) -> list[TaskFile]:
    """Find the tasks of runs.

    A folder may hold several results files: of a task that one model answered several times
    under the same instruction, the newest counts.
    """
    found: dict[tuple[RunLabel, str], TaskFile] = {}
    owners: dict[str, RunLabel] = {}
    for entry in entries:
        tasks = list(_tasks_of(entry, scorer))
        labels = {task.label for task in tasks}
        for task in tasks:
            label = _unique(task.label, labels)
            if owners.setdefault(label.run, label) != label:
                raise UserError(
                    f"two runs are called {label.run!r} ({entry.path} is the second); give each "
                    "a name of its own under `runs:` in the report's configuration."
                )
            found[label, task.task] = replace(task, label=label)
    return list(found.values())


def _unique(label: RunLabel, labels: Collection[RunLabel]) -> RunLabel:
    """Tell runs in one folder apart by what they differ in."""
    parts = [label.run]
    if len({other.checkpoint for other in labels}) > 1:
        parts.append(label.checkpoint)
    if len({other.instruction for other in labels}) > 1:
        parts.append(label.instruction)
    return replace(label, run="/".join(dict.fromkeys(parts)))


def _tasks_of(entry: RunEntry, scorer: str | None) -> Iterator[TaskFile]:
    paths = [entry.path]
    if entry.path.is_dir():
        paths = sorted(entry.path.rglob("results_*.json"), key=lambda path: path.name)
    elif not entry.path.is_file():
        raise UserError(f"{entry.path}: no such file or folder; name what lm_eval wrote to.")
    if not paths:
        raise UserError(f"{entry.path} holds no results_*.json; name the --output_path of a run.")
    none = True
    for path in paths:
        for task in _read(path, entry, scorer):
            none = False
            yield task
    if none:
        raise UserError(f"{entry.path} has no ptr_* task; only runs of these can be reported.")


def _read(path: Path, entry: RunEntry, scorer: str | None) -> Iterator[TaskFile]:
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        configs = {name: c for name, c in results["configs"].items() if "ptr" in c}
        counts = {name: int(results["n-samples"][name]["effective"]) for name in configs}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is not a whole results file of lm_eval ({_shorten(error)}); remove it or "
            "run it again."
        ) from error
    stamp = path.name.removeprefix("results_").removesuffix(".json")
    marker = _marker(path)
    for name, config in configs.items():
        described = config["ptr"]
        if not isinstance(described, Mapping) or described.get("format") != RECORD_FORMAT:
            raise UserError(
                f"{path} was written by another version of ptr-eval; `ptr-eval rescore` it "
                "with that version, or run it again."
            )
        samples = path.with_name(f"samples_{name}_{stamp}.jsonl")
        if not samples.is_file():
            raise UserError(
                f"{samples} is missing; run lm_eval with --log_samples to keep the answers."
            )
        yield TaskFile(
            label=_label(entry, results, described, marker),
            task=name,
            samples=samples,
            results=path,
            scorer=_scorer(path, name, described, scorer),
            expected=counts[name],
            config=config,
            version=str(results.get("versions", {}).get(name, "")),
            facts=results,
        )


def _scorer(path: Path, task: str, described: Mapping[str, Any], wanted: str | None) -> str:
    """Choose the scorer; the first one that ran is the headline."""
    ran = list(described["settings"].get("scorers") or described["scorers"])
    if wanted is None:
        return str(ran[0])
    if wanted not in ran:
        raise UserError(
            f"{path}: {task} was not scored by {wanted!r} but by {', '.join(map(repr, ran))}; "
            "change `scorer:` in the report's configuration, or `ptr-eval rescore` the run."
        )
    return wanted


def _label(
    entry: RunEntry,
    results: Mapping[str, Any],
    described: Mapping[str, Any],
    marker: Mapping[str, Any],
) -> RunLabel:
    """Name a run: by the report's configuration, else by its suite, else by itself."""
    model = str(results.get("model_name") or "model").rstrip("/").rpartition("/")[2]
    checkpoint = entry.checkpoint or marker.get("model") or model
    settings = described["settings"]
    instruction = str(marker.get("instruction") or settings.get("instruction") or "")
    if settings.get("protocol") != "sequential":
        instruction = str(settings.get("protocol"))
    step = marker.get("step") if entry.step is None else entry.step
    return RunLabel(
        run=entry.name or entry.path.resolve().name,
        checkpoint=str(checkpoint),
        method=entry.method or str(marker.get("method") or checkpoint),
        instruction=entry.instruction or instruction,
        step=step if isinstance(step, int) else None,
    )


def _marker(path: Path) -> Mapping[str, Any]:
    """Read what a suite noted about the run, if one made it."""
    for folder in list(path.parents)[:3]:
        if (folder / _MARKER).is_file():
            try:
                noted = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
            except ValueError:
                return {}
            return noted if isinstance(noted, Mapping) else {}
    return {}


def _shorten(error: Exception) -> str:
    text = f"no {error}" if isinstance(error, KeyError) else str(error)
    return text if len(text) <= 100 else f"{text[:97]}..."
