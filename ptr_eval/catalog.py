"""Finds our task configurations, and makes lm-eval find them.

Needs neither lm-eval nor another heavy library.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ptr_eval.errors import UserError

_LINK_FOLDER = "ptr_eval_links"


class CatalogEntry(NamedTuple):
    """One of our tasks or groups."""

    name: str
    """Its name for `--tasks`."""
    kind: str
    """"task" or "group"."""
    data: str
    """The data set on the hub, or the tasks of a group."""


def tasks_path() -> Path:
    """Find the folder of our task configurations."""
    package = Path(__file__).resolve().parent
    inside = package / "task_configs"
    return inside if inside.is_dir() else package.parent / "task_configs"


def entries() -> Iterator[CatalogEntry]:
    """List our tasks and groups."""
    for path in sorted(tasks_path().glob("*.yaml")):
        config: dict[str, Any] = read_task_config(path.read_text(encoding="utf-8"))
        if "group" in config:
            yield CatalogEntry(config["group"], "group", ", ".join(config["task"]))
        else:
            yield CatalogEntry(config["task"], "task", config.get("dataset_path", "local files"))


def read_task_config(text: str) -> Any:
    """Read a task configuration without importing what its tags, such as `!function`, refer to."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    return yaml.load(text, Loader)


def _link_folder() -> Path:
    spec = importlib.util.find_spec("lm_eval")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("lm_eval is not installed in this environment; install lm-eval first.")
    return Path(spec.submodule_search_locations[0]) / "tasks" / _LINK_FOLDER


def link() -> Path:
    """Make plain `lm_eval --tasks 'ptr_*,gsr_*'` find our tasks in this environment.

    It makes a folder of links among lm-eval's own tasks; `unlink` removes it.
    """
    folder = _link_folder()
    try:
        unlink()
        folder.mkdir()
        for path in tasks_path().glob("*.yaml"):
            (folder / path.name).symlink_to(path)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror}); use "
            '--include_path "$(ptr-eval tasks-path)" instead.'
        ) from error
    return folder


def unlink() -> bool:
    """Undo `link`."""
    folder = _link_folder()
    if not folder.is_dir():
        return False
    if others := [p.name for p in folder.iterdir() if not p.is_symlink()]:
        raise UserError(
            f"{folder} contains a file that `link` did not make ({others[0]}); remove it first."
        )
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return True
