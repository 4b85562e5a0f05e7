"""Files of answers, one JSON line a question."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def kept(path: Path) -> dict[int, dict[str, Any]]:
    """Read the answers of a file, by their question's place; the last line of a place counts.

    Args:
        path: The file; one that is not there has none.

    Returns:
        The rows.
    """
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row["place"]: row for row in map(json.loads, lines)}


def add(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add answers to a file.

    Args:
        path: The file.
        rows: Its new rows.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
