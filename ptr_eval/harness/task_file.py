"""Task files: finding one by its task's name, and what may not stand in one."""

from collections.abc import Mapping
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


def with_real_file(config: dict[str, Any]) -> dict[str, Any]:
    """Name the task's file itself where lm-eval was given a link to it, which soon is gone."""
    metadata = config.get("metadata")
    source = str((metadata or {}).get("config_source") or "")
    if not source.endswith(".yaml"):
        return config
    return {
        **config,
        "metadata": {**(metadata or {}), "config_source": str(Path(source).resolve())},
    }


def read_task_file(
    name: str, include_path: Path | None = None, run: Path | None = None, source: Path | None = None
) -> dict[str, Any]:
    """Read the configuration of a refinement task, by its name or its file.

    `metadata` is always there then, and knows the file.

    Args:
        name: The task's name, or its file.
        include_path: A folder with tasks of the user's own.
        run: The results file that has the task, if it does not come from `--task`.
        source: Where its file was before, if that is known.

    Returns:
        The configuration.

    Raises:
        UserError: If there is no such task.
    """
    if include_path is not None and not include_path.is_dir():
        raise UserError(f"--include_path {include_path}: no such folder.")
    path = Path(name) if name.endswith(".yaml") else _find(name, include_path)
    if not path.is_file() and source is not None:
        path = source
    if not path.is_file():
        if run is not None:
            raise UserError(
                f"{run}: the file of its task {name} cannot be found; name the folder of your own "
                "tasks with --include_path."
            )
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


def _find(name: str, folder: Path | None) -> Path:
    for path in sorted(folder.rglob("*.yaml")) if folder else ():
        try:
            config = load_yaml(str(path), resolve_func=False)
        except (OSError, ValueError, YAMLError):
            continue
        if isinstance(config, dict) and config.get("task") == name:
            return path
    return tasks_path() / f"{name}.yaml"
