"""Keys that a YAML file gives twice, of which YAML itself silently keeps the last."""

from collections.abc import Iterator
from pathlib import Path

import yaml


def keys_given_twice(path: Path) -> list[tuple[str, int]]:
    """Find keys that a file gives twice."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return []
    return list(_twice(node, "", set()))


def _twice(node: yaml.Node | None, where: str, seen: set[int]) -> Iterator[tuple[str, int]]:
    if id(node) in seen:  # A second reference to the same anchor.
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item, where, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            place = f"{where}.{name}" if where else name
            if name in keys:
                yield place, key.start_mark.line + 1
            keys.add(name)
            yield from _twice(value, place, seen)
