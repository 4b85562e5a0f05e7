"""Finds the tasks that a suite may use, without lm-eval.

A suite may use tasks with rounds: the shipped ones, and those in a folder of one's own. The tasks
of lm-eval itself have no rounds; they cannot go on after a crash, and reports cannot show them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ptr_eval.catalog import read_task_config


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """A task or group, as its configuration defines it."""

    name: str
    """Its name."""
    folder: Path
    """The folder in which lm-eval finds it."""
    text: str
    """The text of the configuration file."""
    unsafe: bool
    """Whether it runs code that a model wrote."""
    members: tuple[str, ...]
    """The tasks and groups in a group; empty for a task."""


def find_definitions(folder: Path) -> dict[str, TaskDefinition]:
    """Find the tasks and groups in a folder."""
    found: dict[str, TaskDefinition] = {}
    for path in sorted(folder.rglob("*.yaml")):
        try:
            text = path.read_text(encoding="utf-8")
            config = read_task_config(text)
        except (OSError, ValueError, yaml.YAMLError):
            continue
        definition = _definition(folder, text, config)
        if definition is not None:
            found[definition.name] = definition
    return found


def _definition(folder: Path, text: str, config: Any) -> TaskDefinition | None:
    if not isinstance(config, Mapping):
        return None
    group, task = config.get("group"), config.get("task")
    if isinstance(group, str):
        members = task if isinstance(task, list) else [task]
        names = tuple(member for member in members if isinstance(member, str))
        return TaskDefinition(group, folder, text, unsafe=False, members=names)
    if isinstance(task, str):
        return TaskDefinition(task, folder, text, bool(config.get("unsafe_code")), members=())
    return None


def with_group_members(
    names: Iterable[str], known: Mapping[str, TaskDefinition]
) -> list[TaskDefinition]:
    """Look up tasks and groups, and everything that is in the groups."""
    found: dict[str, TaskDefinition] = {}
    left = list(names)
    while left:
        name = left.pop()
        if name in known and name not in found:
            found[name] = known[name]
            left.extend(known[name].members)
    return list(found.values())
