"""Finds the tasks that a suite may use, without lm-eval.

A suite may use tasks with rounds: the shipped ones, and those in a folder of one's own. The tasks
of lm-eval itself have no rounds; they cannot go on after a crash, and reports cannot show them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ptr_eval.catalog import read_task_config

_FUNCTION = re.compile(r"!function\s+([\w.]+)\.\w+")


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """A task or group, as its configuration defines it."""

    name: str
    """Its name."""
    folder: Path
    """The folder in which lm-eval finds it."""
    texts: tuple[str, ...]
    """The texts of the configuration file, of those that it includes, and of the code that it may
    use."""
    unsafe: bool = False
    """Whether it runs code that a model wrote."""
    has_rounds: bool = True
    """Whether it is a refinement task; lm-eval's own are not."""
    data_files: tuple[str, ...] = ()
    """Patterns of its files below `ptr_data`."""
    members: tuple[str, ...] = ()
    """The tasks and groups in a group; empty for a task."""


def find_definitions(folder: Path) -> dict[str, TaskDefinition]:
    """Find the tasks and groups in a folder."""
    found: dict[str, TaskDefinition] = {}
    for path in sorted(folder.rglob("*.yaml")):
        try:
            files, config = _read(path, ())
            code = [each.read_text("utf-8", "replace") for each in _code_of(files, config)]
        except (OSError, ValueError, yaml.YAMLError):
            continue
        texts = (*files.values(), *code)
        found |= {each.name: each for each in _definitions(folder, texts, config)}
    return found


def _read(path: Path, above: tuple[Path, ...]) -> tuple[dict[Path, str], dict[str, Any]]:
    """Read a configuration file and what it includes, as lm-eval does: its own keys win."""
    text = path.read_text(encoding="utf-8")
    config = read_task_config(text)
    if not isinstance(config, dict) or path in above:
        return {path: text}, {}
    files, merged = {path: text}, dict[str, Any]()
    includes = config.pop("include", None) or []
    for name in includes if isinstance(includes, list) else [includes]:
        more, included = _read(path.parent / str(name), (*above, path))
        files |= more
        merged |= included
    return files, {**merged, **config}


def _code_of(files: Mapping[Path, str], config: Mapping[str, Any]) -> list[Path]:
    """List the code beside a configuration file, and that to which it refers elsewhere."""
    folder = next(iter(files)).parent
    found = set(folder.glob("*.py"))
    for path, text in files.items():
        found |= {path.parent / f"{n.replace('.', '/')}.py" for n in _FUNCTION.findall(text)}
    for value in _values(config):
        place = str(value).rpartition(":")[0]
        if place.endswith(".py"):
            found.add(folder / Path(place).expanduser())
    return sorted(path for path in found if path.is_file())


def _values(config: Any) -> Iterator[Any]:
    inner = config.values() if isinstance(config, Mapping) else config
    if isinstance(inner, str) or not isinstance(inner, Iterable):
        yield inner
        return
    for value in inner:
        yield from _values(value)


def _definitions(
    folder: Path, texts: tuple[str, ...], config: Mapping[str, Any]
) -> Iterator[TaskDefinition]:
    group, task = config.get("group"), config.get("task")
    if isinstance(group, str):
        members = task if isinstance(task, list) else [task]
        names = tuple(name for member in members if (name := _name_of(member)))
        yield TaskDefinition(group, folder, texts, members=names)
        for member in members:
            if isinstance(member, Mapping) and ("ptr" in member or "group" in member):
                yield from _definitions(folder, texts, member)
    elif isinstance(task, str):
        section = config.get("ptr")
        yield TaskDefinition(
            task,
            folder,
            texts,
            unsafe=bool(config.get("unsafe_code")),
            has_rounds="ptr" in config,
            data_files=tuple(_patterns(section if isinstance(section, Mapping) else {})),
        )


def _name_of(member: Any) -> str | None:
    """Name a task or group in a group: its name, or a mapping that changes or defines it."""
    if isinstance(member, Mapping):
        member = member.get("group") or member.get("task")
    return member if isinstance(member, str) else None


def _patterns(section: Mapping[str, Any]) -> Iterator[str]:
    files = section.get("files")
    for patterns in files.values() if isinstance(files, Mapping) else ():
        yield from [patterns] if isinstance(patterns, str) else map(str, patterns or ())


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


def without_rounds(names: Iterable[str], known: Mapping[str, TaskDefinition]) -> list[str]:
    """List which of tasks, and of everything in groups, are lm-eval's own."""
    found = with_group_members(names, known)
    unknown = {name for each in found for name in each.members if name not in known}
    return sorted(unknown | {each.name for each in found if not each.has_rounds})
