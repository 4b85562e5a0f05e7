"""YAML as configuration files use it: version 1.2's core schema, and no key given twice.

Only `true`, `false`, `null` and numbers are more than text: `1e-5` is a number and `010` is ten,
while `yes`, `1:30`, `1_000` and dates are text, whatever YAML 1.1 made of them. Anchors and merge
keys (`<<`) work as in YAML 1.1.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml.resolver import Resolver

_logger = logging.getLogger(__name__)

_TAG = "tag:yaml.org,2002:"
_SCHEMA = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
)
"""What a plain scalar is, by its text, with the characters it may begin with; else it is text."""

_MAX_DEPTH = 50
_MAX_VALUES = 100_000
_YAML_1_1: Any = Resolver()


class ParsedYaml(NamedTuple):
    """What a text holds, and what is wrong with it that does not hide the rest."""

    value: Any
    """Dictionaries, lists, texts, numbers, truth values and None."""
    problems: list[str]
    """Keys that are given twice, a sentence each."""


def parse_yaml(text: str, name: str) -> ParsedYaml:
    """Parse YAML; an `yaml.YAMLError` or ValueError says in one line why that cannot be done."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return ParsedYaml(None, [])
        _measure(node, {})
        _warn_of_yaml_1_1(node, name)
        problems = list(_duplicate_keys(node, loader))
        return ParsedYaml(loader.construct_document(node), problems)
    except yaml.MarkedYAMLError as error:
        raise yaml.YAMLError(_one_line(error)) from error
    except RecursionError:
        raise yaml.YAMLError(f"it is nested more than {_MAX_DEPTH} levels deep") from None
    finally:
        loader.dispose()


def dump_yaml(value: Any) -> str:
    """Write plain data so that either version of YAML reads them back as they are."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - filled below, never changed.


class _Dumper(yaml.SafeDumper):
    """Puts quotes around text that YAML 1.1 or 1.2 would take for something else."""


def _int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    base = {"0o": 8, "0x": 16}.get(text[:2])
    return int(text[2:], base) if base else int(text)


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


for _name, _pattern, _first in _SCHEMA:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)
_Loader.add_constructor(f"{_TAG}int", _int)
_Loader.add_constructor(f"{_TAG}float", _float)


def _measure(node: yaml.Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Count a node's values and levels with every alias replaced, and refuse what is too much."""
    if isinstance(node, yaml.ScalarNode):
        return 1, 1
    if id(node) not in known:
        known[id(node)] = None  # Until it is counted, so that an alias inside finds it open.
        parts = [_measure(child, known) for _, child in _children(node)]
        values, levels = 1 + sum(p[0] for p in parts), 1 + max((p[1] for p in parts), default=0)
        if levels > _MAX_DEPTH:
            raise yaml.YAMLError(f"it is nested more than {_MAX_DEPTH} levels deep")
        if values > _MAX_VALUES:
            raise yaml.YAMLError(f"with its aliases replaced it has over {_MAX_VALUES:,} values")
        known[id(node)] = values, levels
    found = known[id(node)]
    if found is None:
        line = node.start_mark.line + 1
        raise yaml.YAMLError(f"line {line}: an anchor whose value contains itself")
    return found


def _children(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """List the values directly in a node, each with its key or number."""
    if isinstance(node, yaml.SequenceNode):
        yield from ((str(number), item) for number, item in enumerate(node.value))
    elif isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)


def _nodes(
    node: yaml.Node, place: str = "", seen: set[int] | None = None
) -> Iterator[tuple[str, yaml.Node]]:
    """List all nodes with their places, each once however many aliases it has."""
    seen = set() if seen is None else seen
    if id(node) not in seen:
        seen.add(id(node))
        yield place, node
        for name, child in _children(node):
            yield from _nodes(child, f"{place}.{name}" if place else name, seen)


def _duplicate_keys(node: yaml.Node, loader: yaml.SafeLoader) -> Iterator[str]:
    """Find the keys of which YAML would silently keep the last."""
    for place, mapping in _nodes(node):
        if not isinstance(mapping, yaml.MappingNode):
            continue
        lines: dict[Any, list[int]] = {}
        names: dict[Any, str] = {}
        for key, _ in mapping.value:
            if isinstance(key, yaml.ScalarNode):
                value = "<<" if key.tag == f"{_TAG}merge" else loader.construct_object(key)
                lines.setdefault(value, []).append(key.start_mark.line + 1)
                names.setdefault(value, f"{place}.{key.value}" if place else str(key.value))
        yield from (_given_twice(names[key], at) for key, at in lines.items() if len(at) > 1)


def _given_twice(name: str, lines: list[int]) -> str:
    times = "twice" if len(lines) == 2 else f"{len(lines)} times"
    if len(set(lines)) == 1:
        return f"`{name}` is given {times} in line {lines[0]}; keep one."
    shown = f"{', '.join(map(str, lines[:-1]))} and {lines[-1]}"
    return f"`{name}` is given {times}, in lines {shown}; keep one."


def _warn_of_yaml_1_1(node: yaml.Node, name: str) -> None:
    """Log which text had another meaning in YAML 1.1, such as `no`."""
    text_tag = f"{_TAG}str"
    for place, scalar in _nodes(node):
        if isinstance(scalar, yaml.ScalarNode) and scalar.tag == text_tag and not scalar.style:
            before = _YAML_1_1.resolve(yaml.ScalarNode, scalar.value, (True, False))
            if before in (f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"):
                _logger.warning(
                    "%s, line %d: `%s: %s` is text, as in YAML 1.2; write true, false or a plain "
                    "number if you mean one, else put it in quotes.",
                    name, scalar.start_mark.line + 1, place, scalar.value,
                )  # fmt: skip


def _one_line(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return where + ", ".join(filter(None, (error.context, error.problem)))
