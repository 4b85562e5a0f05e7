"""Choices as files, beside the samples they were made among; `read_selections` reads them."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval import __version__
from ptr_eval.best_of_n.candidates import Group, TaskGroups
from ptr_eval.best_of_n.choice import Choice, Chosen
from ptr_eval.errors import UserError
from ptr_eval.runs.selections import SELECTION_FORMAT, Method


@dataclass(frozen=True, slots=True)
class Selector:
    """Who chooses."""

    name: str
    """What it is called."""
    method: Method
    """How it chooses."""
    model: str
    """Its model."""


def check_free(task: TaskGroups, selector: Selector) -> None:
    """Make sure that another model's choices are not overwritten."""
    path = selections_file(task, selector)
    if not path.is_file():
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
        same = (before["method"], before["model"]) == (selector.method, selector.model)
    except (ValueError, KeyError, TypeError):
        return
    if not same:
        raise UserError(
            f"{path} holds the choices of {before['model']}; give this selector another --name."
        )


def write_selection(task: TaskGroups, selector: Selector, chosen: Chosen) -> None:
    """Write a task's choices."""
    path = selections_file(task, selector)
    path.unlink(missing_ok=True)
    rows = map(_row, task.groups, chosen.choices)
    _write(path.with_suffix(".jsonl"), (json.dumps(row) for row in rows))
    counts: Counter[str] = Counter()
    for choice in chosen.choices:
        counts.update(choice.counts)
    facts = {
        "format": SELECTION_FORMAT,
        "version": __version__,
        "task": task.task,
        "samples": task.samples.name,
        "name": selector.name,
        "method": selector.method,
        "model": selector.model,
        "size": task.size,
        "settings": chosen.settings,
        "counts": {
            "groups": len(task.groups),
            "empty": sum(choice.position is None for choice in chosen.choices),
            **counts,
        },
    }
    _write(path, [json.dumps(facts, indent=1)])


def selections_file(task: TaskGroups, selector: Selector) -> Path:
    """Name the file that says who chose."""
    stamp = task.samples.stem.removeprefix(f"samples_{task.task}_")
    return task.samples.with_name(f"selections_{task.task}_{selector.name}_{stamp}.json")


def _row(group: Group, choice: Choice) -> dict[str, Any]:
    return {
        "doc_id": group.doc_id,
        "sample": group.number,
        "position": choice.position,
        "correct": choice.position is not None and group.correct[choice.position],
        **choice.why,
        "tokens": choice.counts["tokens"],
    }


def _write(path: Path, lines: Iterable[str]) -> None:
    draft = path.with_name(f"{path.name}.part")
    with draft.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
