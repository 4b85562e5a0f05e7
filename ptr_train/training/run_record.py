"""What a training says of itself: its inputs, its surroundings, its changes and its cost.

It stands as `ptr_record.json` beside each checkpoint's configuration, and in the training's folder.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from ptr_data.files import written
from ptr_eval import __version__
from ptr_eval.errors import UserError
from ptr_train.training.changes import Change

RECORD = "ptr_record.json"

_LIBRARIES = ("torch", "transformers", "tokenizers", "accelerate", "peft", "deepspeed",
              "liger-kernel", "flash-attn")  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a training says of itself."""

    inputs: dict[str, str]
    """Fingerprints of what it reads."""
    processes: int
    """How many processes it has."""
    changes: list[dict[str, Any]] = field(default_factory=list)
    """The settings that were changed when it was resumed: `step`, `field`, `before`, `now`."""
    environment: dict[str, str] = field(default_factory=dict)
    """Versions of libraries, and the hardware."""
    rows: dict[str, Any] = field(default_factory=dict)
    """What it sees of the data."""
    cost: dict[str, float] = field(default_factory=dict)
    """What it has cost so far."""


def write_record(folder: Path, record: RunRecord) -> None:
    """Write a record into a folder."""
    with written(folder / RECORD) as draft:
        draft.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")


def read_record(folder: Path) -> RunRecord | None:
    """Read the record in a folder; None if an earlier version wrote none."""
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        return RunRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"{path} cannot be read ({type(error).__name__}); start again with another `out`."
        ) from error


def changes_at(changes: Sequence[Change], step: int) -> list[dict[str, Any]]:
    """Note changes for the record."""
    return [
        {"step": step, "field": each.field, "before": each.before, "now": each.now}
        for each in changes
        if each.field != "out"
    ]


def environment() -> dict[str, str]:
    """Describe the libraries and the hardware of this process."""
    versions: Mapping[str, str] = {"ptr-eval": __version__, "python": platform.python_version()}
    return {**versions, **_installed(), "hardware": _hardware()}


def _installed() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _hardware() -> str:
    import torch

    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)"
