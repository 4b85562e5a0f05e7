"""Paths among the settings in `metadata`: relative ones are taken from the suite file's folder.

A check raises ValueError with the end of a sentence that begins with the name of the field.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationInfo

from ptr_eval.errors import UserError
from ptr_eval.harness.aggregator import read_aggregator
from ptr_eval.runs import newest_results
from ptr_eval.suite.field_types import local_or_hub, relative_to_file

FIRST_ROUND = "ptr_first_round"


def located(key: str, value: Any, info: ValidationInfo) -> Any:
    """Make a path in a setting absolute; another value stays as it is."""
    locate = _LOCATE.get(key)
    if locate is None or not isinstance(value, str) or value.lower() in ("", "none"):
        return value
    return locate(key, value, info)


def require_first_rounds(levels: Iterable[dict[str, Any] | None], out: Path) -> None:
    """Refuse a first round that neither is there nor will be made by the suite itself."""
    for metadata in levels:
        run = str((metadata or {}).get(FIRST_ROUND) or "none")
        if run.lower() == "none" or Path(run).is_relative_to(out):
            continue
        try:
            newest_results(Path(run))
        except UserError as error:
            raise ValueError(
                f"`{FIRST_ROUND}` must be a saved run, or one in the suite's own `out` ({error})"
            ) from None


def _folder(key: str, value: str, info: ValidationInfo) -> str:
    path = relative_to_file(value, info)
    if not path.is_dir():
        raise ValueError(f"must have an existing folder as `{key}`")
    return str(path)


def _any_path(key: str, value: str, info: ValidationInfo) -> str:
    return str(relative_to_file(value, info))


def _aggregator(key: str, value: str, info: ValidationInfo) -> str:
    if value.endswith((".yaml", ".yml")):
        path = str(relative_to_file(value, info))
        read_aggregator(path)  # All that is wrong with it is to be found now.
        return path
    asked = read_aggregator(value)
    if "completions" in asked.backend:
        return value  # What a server calls its model.
    model = next(iter(asked.args.values()))
    return f"{asked.backend}:{local_or_hub(key, model, info)}"


def _text_file(key: str, value: str, info: ValidationInfo) -> str:
    try:
        path = relative_to_file(value, info)
        found, elsewhere = path.is_file(), Path(value).is_file()
    except (OSError, ValueError, RuntimeError):  # A text that can be no path.
        return value
    if elsewhere and not found:  # In the current folder, which is another one next time.
        raise ValueError(f"must have an existing file as `{key}`, which {path} is not")
    return str(path) if found else value


def _part(key: str, value: str, info: ValidationInfo) -> str:
    place, colon, name = value.rpartition(":")
    if not colon or not place.endswith(".py"):
        return value
    path = relative_to_file(place, info)
    if not path.is_file():
        raise ValueError(f"must have an existing file as `{key}`, which {path} is not")
    return f"{path}:{name}"


_LOCATE: dict[str, Callable[[str, str, ValidationInfo], str]] = {
    "ptr_data": _folder,
    "ptr_embedder": local_or_hub,
    FIRST_ROUND: _any_path,
    "ptr_aggregator": _aggregator,
    "ptr_synthesis": _text_file,
    "ptr_prompt": _text_file,
    "ptr_protocol": _part,
}
