"""Stand-ins for wandb, trackio and the hub's client: the surface that lm-eval uses, recorded.

They refuse what the real ones refuse: cells that are no JSON, a column of texts and numbers, and
arguments that they do not know.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import IO, Any

import pandas as pd
import pytest


class _Config(dict[str, Any]):
    def update(self, values: Any, allow_val_change: bool = False) -> None:  # type: ignore[override]
        super().update(json.loads(json.dumps(values, default=str)))


class Wandb:
    """What one run logged to W&B."""

    def __init__(self) -> None:
        self.config = _Config()
        self.summary: dict[str, Any] = {}
        self.tables: dict[str, pd.DataFrame] = {}
        self.figures: dict[str, Any] = {}
        self.files: dict[str, str] = {}
        self.finished = False

    def log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        for name, value in values.items():
            if isinstance(value, pd.DataFrame):
                _check_columns(value)
                self.tables[name] = value
            elif not isinstance(value, _Table):
                self.figures[name] = json.loads(json.dumps(value))

    def log_artifact(self, artifact: "_Artifact") -> None:
        self.files.update(
            {name: path.read_text(encoding="utf-8") for name, path in artifact.files.items()}
        )

    def finish(self) -> None:
        self.finished = True


class _Table:
    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

    def add_data(self, *row: Any) -> None:
        assert len(row) == len(self.columns)
        json.dumps(row)


class _Artifact:
    folder: Path

    def __init__(self, name: str, type: str) -> None:
        self.files: dict[str, Path] = {}

    @contextmanager
    def new_file(self, name: str, mode: str, encoding: str) -> Iterator[IO[str]]:
        self.files[name] = self.folder / name
        with self.files[name].open(mode, encoding=encoding) as file:
            yield file


def _check_columns(table: pd.DataFrame) -> None:
    for column in table:
        values = [value for value in table[column] if value is not None and value == value]
        json.dumps(values, default=lambda value: value.item())
        assert len({isinstance(value, str) for value in values}) <= 1, f"{column} is mixed"


class Trackio:
    """What one run logged to trackio."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.traces: dict[str, list[SimpleNamespace]] = {}
        self.figures: dict[str, float] = {}
        self.finished = False

    def log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        for name, value in values.items():
            if isinstance(value, SimpleNamespace):
                json.dumps([value.messages, value.metadata])
                self.traces.setdefault(name, []).append(value)
            else:
                self.figures[name] = value

    def finish(self) -> None:
        self.finished = True


class Hub:
    """What was pushed to the hub; each repository is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.cards: dict[str, str] = {}

    def repository(self, repo_id: str) -> Path:
        return self._folder / repo_id

    def whoami(self) -> dict[str, str]:
        return {"name": "me"}

    def create_repo(self, repo_id: str, repo_type: str, private: bool, exist_ok: bool) -> None:
        self.repository(repo_id).mkdir(parents=True, exist_ok=exist_ok)

    def upload_file(self, repo_id: str, path_or_fileobj: str, path_in_repo: str, **_: Any) -> None:
        target = self.repository(repo_id) / path_in_repo
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path_or_fileobj, target)

    def upload_folder(self, repo_id: str, folder_path: str, path_in_repo: str, **_: Any) -> None:
        target = self.repository(repo_id) / path_in_repo
        shutil.copytree(folder_path, target, dirs_exist_ok=True)

    def list_repo_files(self, repo_id: str, repo_type: str) -> list[str]:
        folder = self.repository(repo_id)
        return [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]


def install_wandb(patch: pytest.MonkeyPatch, scratch: Path) -> Wandb:
    """Make `import wandb` find the stand-in."""
    run = Wandb()
    _Artifact.folder = scratch

    def init(project: str | None = None, name: str | None = None) -> Wandb:
        return run

    printer = _module("wandb.sdk.lib.printer", new_printer=lambda: None)
    wandb = _module(
        "wandb", __version__="0.31.0", run=None, init=init, Table=_Table, Artifact=_Artifact
    )
    for module in (wandb, _module("wandb.sdk"), _module("wandb.sdk.lib"), printer):
        patch.setitem(sys.modules, module.__name__, module)
    return run


def install_trackio(patch: pytest.MonkeyPatch) -> Trackio:
    """Make `import trackio` find the stand-in."""
    run = Trackio()

    def trace(messages: list[dict[str, Any]], metadata: dict[str, Any] | None = None) -> Any:
        return SimpleNamespace(messages=messages, metadata=metadata)

    def init(project: str, name: str | None = None) -> Trackio:
        return run

    module = _module(
        "trackio", init=init, Trace=trace, log=run.log, config=run.config, finish=run.finish
    )
    patch.setitem(sys.modules, "trackio", module)
    return run


def install_hub(patch: pytest.MonkeyPatch, folder: Path) -> Hub:
    """Let lm-eval push to a folder."""
    import huggingface_hub

    hub = Hub(folder)

    def push_card(card: Any, repo_id: str, repo_type: str) -> None:
        hub.cards[repo_id] = str(card)

    def url(repo_id: str, filename: str, repo_type: str) -> str:
        return str(hub.repository(repo_id) / filename)

    patch.setattr(huggingface_hub, "HfApi", lambda token: hub)
    patch.setattr(huggingface_hub, "hf_hub_url", url)
    patch.setattr(huggingface_hub.DatasetCard, "push_to_hub", push_card)
    return hub


def _module(name: str, **contents: Any) -> ModuleType:
    module = ModuleType(name)
    for key, value in contents.items():
        setattr(module, key, value)
    return module
