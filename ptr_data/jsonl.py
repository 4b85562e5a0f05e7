"""Records as JSON Lines: one object a line, fields in the order of the record."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

R = TypeVar("R")


def write_records(path: Path, records: Iterable[Any]) -> int:
    """Write records."""
    count = 0
    # JSON's escapes keep lone surrogates, which UTF-8 does not.
    with path.open("w", encoding="ascii") as file:
        for record in records:
            file.write(json_line(record))
            count += 1
    return count


def json_line(record: Any) -> str:
    """Write a record as a line of JSON Lines."""
    plain = asdict(record) if is_dataclass(record) else record  # type: ignore[arg-type]
    return json.dumps(plain) + "\n"


def read_records(path: Path, record: type[R]) -> Iterator[R]:
    """Read records back, one at a time."""
    with path.open(encoding="ascii") as file:
        for line in file:
            yield from_json(json.loads(line), record)


def from_json(plain: Any, record: Any) -> Any:
    """Turn plain JSON back into a record."""
    if isinstance(record, UnionType):
        return None if plain is None else from_json(plain, get_args(record)[0])
    if get_origin(record) is tuple:
        return tuple(from_json(item, get_args(record)[0]) for item in plain)
    if is_dataclass(record) and isinstance(record, type):
        hints = get_type_hints(record)
        return record(**{f.name: from_json(plain[f.name], hints[f.name]) for f in fields(record)})
    return plain
