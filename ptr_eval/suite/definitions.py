"""Which tasks there are, read from their configurations without lm-eval.

Only tasks asked in rounds belong in a suite: ours, and those in a folder of the user's. lm-eval's
own tasks ask once and could neither go on after a crash nor stand in a report.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Definition:
    """A task or group, as its configuration has it."""

    name: str
    """Its name."""
    folder: Path
    """The folder in which lm-eval is to look for it."""
    text: str
    """The configuration."""
    unsafe: bool
    """Whether it runs code that a model wrote."""
    members: tuple[str, ...]
    """A group's tasks and groups; empty for a task."""


class _Loader(yaml.SafeLoader):
    """Reads configurations without importing what they refer to."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def definitions(folder: Path) -> dict[str, Definition]:
    """Find the tasks and groups in a folder."""
    found: dict[str, Definition] = {}
    for path in sorted(folder.rglob("*.yaml")):
        try:
            text = path.read_text(encoding="utf-8")
            config = yaml.load(text, _Loader)
        except (OSError, ValueError, yaml.YAMLError):
            continue
        definition = _definition(folder, text, config)
        if definition is not None:
            found[definition.name] = definition
    return found


def _definition(folder: Path, text: str, config: Any) -> Definition | None:
    if not isinstance(config, Mapping):
        return None
    group, task = config.get("group"), config.get("task")
    if isinstance(group, str):
        members = task if isinstance(task, list) else [task]
        names = tuple(member for member in members if isinstance(member, str))
        return Definition(group, folder, text, unsafe=False, members=names)
    if isinstance(task, str):
        return Definition(task, folder, text, bool(config.get("unsafe_code")), members=())
    return None


def reachable(names: Iterable[str], known: Mapping[str, Definition]) -> list[Definition]:
    """Look tasks up, with what their groups hold."""
    found: dict[str, Definition] = {}
    left = list(names)
    while left:
        name = left.pop()
        if name in known and name not in found:
            found[name] = known[name]
            left.extend(known[name].members)
    return list(found.values())
