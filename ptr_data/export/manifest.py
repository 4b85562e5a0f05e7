"""The manifest: everything that is known of a finished build, for programs to read.

It holds no times and no places, so that two builds of the same are the same.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ptr_data.export.files import ExportedFile
from ptr_data.export.report import DataReport
from ptr_data.files import written
from ptr_data.jsonl import from_json
from ptr_data.records import StageYield
from ptr_eval.errors import UserError

MANIFEST = "manifest.json"


def write_manifest(
    folder: Path,
    report: DataReport,
    files: Sequence[ExportedFile],
    *,
    settings: Mapping[str, Any],
    versions: Mapping[str, str],
    fingerprints: Mapping[str, str],
) -> None:
    """Write `manifest.json`."""
    content = {
        "name": report.name,
        "settings": settings,
        "versions": versions,
        "fingerprints": fingerprints,
        "report": asdict(report),
        "files": [asdict(file) for file in files],
    }
    text = json.dumps(_finite(content), indent=1, allow_nan=False)
    with written(folder / MANIFEST) as unfinished:
        unfinished.write_text(f"{text}\n", encoding="utf-8")


def read_stages(folder: Path) -> tuple[StageYield, ...]:
    """Read what each stage of a finished build let through."""
    path = folder / MANIFEST
    try:
        stages = json.loads(path.read_text(encoding="utf-8"))["report"]["stages"]
        return tuple(from_json(stage, StageYield) for stage in stages)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is not the manifest of a finished build ({type(error).__name__}); name the "
            "folder that `ptr-data build` wrote."
        ) from error


def _finite(value: Any) -> Any:
    """JSON has no nan: what could not be computed is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
