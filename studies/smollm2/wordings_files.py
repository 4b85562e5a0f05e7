"""Files of answers, one JSON line a question."""

import json
from pathlib import Path
from typing import Any


def kept(path: Path) -> dict[int, dict[str, Any]]:
    """Read the answers of a file, by their question's place; the last line of a place counts."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row["place"]: row for row in map(json.loads, lines)}
