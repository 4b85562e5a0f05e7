"""What the runs of a report are called: by its configuration, by a suite, or after their folders.

Runs in one folder are named after what they differ in.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ptr_eval.runs.files import stem_of
from ptr_eval.runs.reported import ReportedTask, RunEntry
from ptr_eval.runs.run_label import RunLabel
from ptr_eval.runs.saved import SavedTask

_MARKER = "run.json"
_MARKED = {"model", "method", "step", "instruction"}
NO_FACTORS = (
    "ledger", "data", "chunk", "context", "sandbox", "timeout",
    "max_failed", "max_wait", "max_requests", "max_prompt_tokens",
)  # fmt: skip
"""The settings that make no other run: they say where and how fast, not what is asked."""
_MODEL_FACTORS = (
    "peft", "delta", "revision", "subfolder", "gguf_file", "lora_local_path", "dtype",
    "quantization", "load_in_4bit", "load_in_8bit", "enable_thinking",
)  # fmt: skip
"""The arguments of a model by which one of the same name is another one."""
_WIDTH = 40


def named(entries: Sequence[RunEntry]) -> Iterator[RunEntry]:
    """Name runs after their folders, with as many folders above them as distinguish them."""
    parts = [Path(os.path.abspath(entry.path)).parts for entry in entries]
    unnamed = {path for entry, path in zip(entries, parts, strict=True) if not entry.name}
    for entry, path in zip(entries, parts, strict=True):
        depth = 1
        while depth < len(path) and any(
            other != path and other[-depth:] == path[-depth:] for other in unnamed
        ):
            depth += 1
        name = "/".join(path[-depth:])
        default = name if entry.path.exists() else name.removesuffix(".json")
        yield entry.model_copy(update={"name": entry.name or default})


def different_labels(entry: RunEntry, tasks: Sequence[ReportedTask]) -> Iterator[RunLabel]:
    """Distinguish the runs of one folder by what they differ in."""
    models = {task.label.checkpoint for task in tasks}
    instructions = {task.label.instruction for task in tasks}
    stems = {stem_of(task.saved.results) for task in tasks}
    conditions = [_conditions(task.saved) for task in tasks]
    further = _further_names(entry, tasks, conditions)
    for task, name in zip(tasks, further, strict=True):
        label = task.label
        parts = [
            label.run,
            label.checkpoint if len(models) > 1 else "",
            stem_of(task.saved.results) if len(stems) > 1 else "",
            label.instruction if len(instructions) > 1 else "",
            name,
        ]
        yield replace(label, run="/".join(dict.fromkeys(filter(None, parts))))


def _further_names(
    entry: RunEntry, tasks: Sequence[ReportedTask], conditions: Sequence[Mapping[str, str]]
) -> list[str]:
    """Name runs that nothing else distinguishes after their folders, or after what differs."""
    factors = _factors(tasks, conditions)
    given = [
        {n: known[n] for n in factors if known.get(n, "None") != "None"} for known in conditions
    ]
    names = ["/".join(f"{name}={value}" for name, value in each.items()) for each in given]
    folders = [_folder_of(entry, task.saved) for task in tasks]
    pairs = set(zip(names, folders, strict=True))
    one_each = len(pairs) == len(set(names)) == len(set(folders))
    return folders if factors and one_each else names


def _folder_of(entry: RunEntry, saved: SavedTask) -> str:
    """Name the folder of a run below its entry's, without the one that lm-eval adds."""
    folder = saved.results.parent
    if folder.name == saved.facts.get("model_name_sanitized"):
        folder = folder.parent
    return folder.relative_to(entry.path).as_posix() if folder.is_relative_to(entry.path) else ""


def _factors(tasks: Sequence[ReportedTask], conditions: Sequence[Mapping[str, str]]) -> list[str]:
    """List the conditions in which runs differ that have the same label, file name and task."""
    groups: dict[Any, list[Mapping[str, str]]] = defaultdict(list)
    for task, known in zip(tasks, conditions, strict=True):
        groups[task.label, stem_of(task.saved.results), task.task].append(known)
    names = dict.fromkeys(name for known in conditions for name in known)
    return [
        name
        for name in names
        if any(len({known.get(name) for known in group}) > 1 for group in groups.values())
    ]


def _conditions(saved: SavedTask) -> dict[str, str]:
    """List what a run was asked with, as text; `--limit` is left out: more questions are newer."""
    facts, settings = saved.facts, saved.description.settings
    args = (facts.get("config") or {}).get("model_args")
    args = args if isinstance(args, Mapping) else {}
    return {"model": saved.model} | {
        name: _written(value)
        for name, value in {
            **{name: args.get(name) for name in _MODEL_FACTORS},
            "num_fewshot": saved.config.get("num_fewshot"),
            "chat_template": bool(facts.get("chat_template")),
            "system_instruction": facts.get("system_instruction"),
            **{name: value for name, value in settings.items() if name not in NO_FACTORS},
            **(saved.config.get("generation_kwargs") or {}),
        }.items()
    }


def _written(value: Any) -> str:
    text = "+".join(map(str, value)) if isinstance(value, list) else str(value)
    if len(text) <= _WIDTH:
        return text
    return f"{text[:_WIDTH]}...{sha256(text.encode()).hexdigest()[:6]}"


def label_of(entry: RunEntry, saved: SavedTask, marker: Mapping[str, Any]) -> RunLabel:
    """Name a run: by the report's configuration, else by its suite, else by itself."""
    model = saved.model.rstrip("/").rpartition("/")[2]
    checkpoint = entry.checkpoint or marker.get("model") or model
    settings = saved.description.settings
    instruction = str(marker.get("instruction") or settings.get("instruction") or "")
    if settings.get("protocol") != "sequential":
        instruction = str(settings.get("protocol"))
    step = marker.get("step") if entry.step is None else entry.step
    return RunLabel(
        run=str(entry.name),
        checkpoint=str(checkpoint),
        method=entry.method or str(marker.get("method") or checkpoint),
        instruction=entry.instruction or _without_folders(instruction),
        step=step if isinstance(step, int) else None,
    )


def _without_folders(choice: str) -> str:
    """Shorten a path to a text, or to a protocol of the user's own; a sentence stays as it is."""
    return choice if any(c.isspace() for c in choice) else choice.rpartition("/")[2]


def marker_of(path: Path) -> Mapping[str, Any]:
    """Read the file that a suite, or a training, writes beside a run, if one of them made it."""
    for folder in list(path.parents)[:3]:
        if (folder / _MARKER).is_file():
            try:
                marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                return {}
            # Other programs may use this name, too.
            return marker if isinstance(marker, Mapping) and _MARKED <= marker.keys() else {}
    return {}
