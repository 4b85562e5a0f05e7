"""What a run wrote, without what it cost and when it was."""

import json
import re
from pathlib import Path
from typing import Any

_COSTS = re.compile("seconds|cached|date|time|ledger")
"""What may differ between two runs that ask the same; and where their ledger is."""


def saved_files(folder: Path) -> dict[str, Any]:
    """Read the results and the samples below a folder, by the files' names without their dates."""
    found = {}
    for path in sorted(folder.rglob("*.json*")):
        lines = path.read_text(encoding="utf-8").splitlines()
        whole = ["".join(lines)] if path.suffix == ".json" else lines
        name = re.sub(r"_\d{4}-.*\.", ".", path.name)
        found[name] = [_without_costs(json.loads(line)) for line in whole]
    return found


def _without_costs(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_costs(v) for k, v in value.items() if not _COSTS.search(k)}
    return [_without_costs(v) for v in value] if isinstance(value, list) else value
