"""Task files: finding one by its task's name, and what may not stand in one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lm_eval.tasks._yaml_loader import load_yaml
from yaml import YAMLError

from ptr_eval.catalog import entries, tasks_path
from ptr_eval.errors import UserError
from ptr_eval.harness.settings import PREFIX, RUN_WIDE


def refuse_run_wide(config: Mapping[str, Any]) -> None:
    """Refuse a run-wide setting in a task file: it would hold for all tasks, or for none."""
    source = str((config.get("metadata") or {}).get("config_source") or "")
    if not source.endswith(".yaml") or not Path(source).is_file():
        return
    own = load_yaml(source, resolve_func=False).get("metadata")
    given = [f"{PREFIX}{name}" for name in RUN_WIDE if f"{PREFIX}{name}" in (own or {})]
    if given:
        raise UserError(
            f"{source}: {', '.join(given)} holds for a whole run, not for one task; give it with "
            "--metadata."
        )


def read_task_file(name: str, folders: Sequence[Path] = ()) -> dict[str, Any]:
    """Read the configuration of a refinement task, by its name or its file.

    `metadata` is always there then, and knows the file.
    """
    path = Path(name) if name.endswith(".yaml") else _find(name, folders)
    if not path.is_file():
        known = ", ".join(entry.name for entry in entries() if entry.kind == "task")
        raise UserError(
            f"--task {name}: no such task; choose one of {known}, or name the folder of your own "
            "with --include_path."
        )
    config: dict[str, Any] = load_yaml(str(path))
    if "task" not in config or "ptr" not in config:
        raise UserError(f"--task {name} is a group or not a ptr_* task; score one task at a time.")
    metadata = config.get("metadata")
    known_metadata = metadata if isinstance(metadata, dict) else {}
    return {**config, "metadata": {**known_metadata, "config_source": str(path.resolve())}}


def _find(name: str, folders: Sequence[Path]) -> Path:
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            try:
                config = load_yaml(str(path), resolve_func=False)
            except (OSError, ValueError, YAMLError):
                continue
            if config.get("task") == name:
                return path
    return tasks_path() / f"{name}.yaml"
