"""Where the task configurations are, and how lm-eval is made to find them.

Needs neither lm-eval nor any other heavy library.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ptr_eval.errors import UserError

_LINK_FOLDER = "ptr_eval_links"


class Entry(NamedTuple):
    """A task or group of ours."""

    name: str
    """What `--tasks` takes."""
    kind: str
    """"task" or "group"."""
    data: str
    """The hub data set, or a group's tasks."""


def tasks_path() -> Path:
    """Find the folder of our task configurations."""
    package = Path(__file__).resolve().parent
    inside = package / "task_configs"
    return inside if inside.is_dir() else package.parent / "task_configs"


def entries() -> Iterator[Entry]:
    """List our tasks and groups."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Reads configurations without importing what they refer to."""

    Loader.add_constructor("!function", lambda loader, node: node.value)
    for path in sorted(tasks_path().glob("*.yaml")):
        config: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader)
        if "group" in config:
            yield Entry(config["group"], "group", ", ".join(config["task"]))
        else:
            yield Entry(config["task"], "task", config.get("dataset_path", "local files"))


def _link_folder() -> Path:
    spec = importlib.util.find_spec("lm_eval")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("lm_eval is not installed in this environment; install lm-eval first.")
    return Path(spec.submodule_search_locations[0]) / "tasks" / _LINK_FOLDER


def link() -> Path:
    """Make plain `lm_eval --tasks 'ptr_*,gsr_*'` find our tasks in this environment.

    Puts a folder of links beside lm-eval's own tasks; `unlink` takes it away.
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
    if strange := [p.name for p in folder.iterdir() if not p.is_symlink()]:
        raise UserError(
            f"{folder} holds files of another origin ({strange[0]}); remove it yourself."
        )
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return True
