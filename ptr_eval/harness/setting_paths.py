"""Paths among the settings of a configuration file: relative ones are below the file's folder."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ptr_eval.harness.settings import PREFIX
from ptr_eval.instructions import INSTRUCTIONS, SYNTHESES, is_path

_PLACES = ("data", "ledger", "first_round")


def settings_below(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Make the relative paths in `ptr_*` settings absolute.

    Args:
        folder: The folder of the configuration file.
        settings: The settings by name, with the prefix.

    Returns:
        All settings.
    """
    return {
        key: _below(folder, key.removeprefix(PREFIX), value) if isinstance(value, str) else value
        for key, value in settings.items()
    }


def _below(folder: Path, name: str, value: str) -> str:
    file, colon, part = value.rpartition(":")
    if name == "protocol" and file.endswith(".py"):
        return f"{_absolute(folder, file)}{colon}{part}"
    return _absolute(folder, value) if _is_place(folder, name, value) else value


def _is_place(folder: Path, name: str, value: str) -> bool:
    if name in _PLACES:
        return value.lower() != "none"
    if name == "aggregator":
        return value.endswith((".yaml", ".yml"))
    if name == "prompt":
        return _exists(folder, value, Path.is_file) or is_path(value)
    if name in ("instruction", "synthesis"):
        shipped = value in INSTRUCTIONS or value in SYNTHESES
        return not shipped and (_exists(folder, value, Path.is_file) or is_path(value))
    return name == "embedder" and _exists(folder, value, Path.is_dir)


def _exists(folder: Path, value: str, kind: Callable[[Path], bool]) -> bool:
    try:
        return kind(Path(_absolute(folder, value)))
    except (OSError, ValueError, RuntimeError):  # A text, longer than any file's name.
        return False


def _absolute(folder: Path, value: str) -> str:
    return str(folder / Path(value).expanduser())
