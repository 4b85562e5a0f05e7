"""Files of answers, one JSON line a question."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ptr_data.jsonl import write_records
from ptr_eval.readers import read_rows


def kept(path: Path) -> dict[int, dict[str, Any]]:
    """Read the answers of a file, by their question's place.

    Args:
        path: The file; one that is not there has none.

    Returns:
        The rows.
    """
    if not path.exists():
        return {}
    return {row.values["place"]: dict(row.values) for row in read_rows(path)}


def add(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add answers to a file; a stop in between leaves it as it was.

    Args:
        path: The file.
        rows: Its new rows; one replaces an earlier one of its place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    all_rows = kept(path) | {row["place"]: row for row in rows}
    draft = path.with_suffix(".draft")
    write_records(draft, all_rows.values())
    draft.replace(path)
