"""Collects what the results of a run depend on, so that a change of it is noticed.

Paths in the suite file's folder are written relative to it: a folder that was moved is the same.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.harness.aggregator import PATH_ARGUMENTS, read_aggregator
from ptr_eval.instructions import resolve_instruction, resolve_synthesis
from ptr_eval.runs import newest_results
from ptr_eval.suite.config import SuiteInstruction, SuiteModel
from ptr_eval.suite.definitions import TaskDefinition

_ELSEWHERE = (
    "ptr_ledger", "ptr_instruction",
    "ptr_max_failed", "ptr_max_wait", "ptr_max_requests", "ptr_max_prompt_tokens",
)  # fmt: skip
"""Settings that results do not depend on, or whose text is among the facts."""


@dataclass(frozen=True, slots=True)
class RunBasis:
    """What a run is made of."""

    folder: Path
    """The folder of the suite file."""
    model: SuiteModel
    """The model."""
    instruction: SuiteInstruction
    """The instruction."""
    tasks: tuple[str, ...]
    """The names of the tasks for lm-eval."""
    definitions: tuple[TaskDefinition, ...]
    """The definitions of tasks and groups, and of everything in the groups."""
    options: Mapping[str, Any]
    """The settings, of all levels together."""


def fingerprint_facts(basis: RunBasis) -> dict[str, Any]:
    """Collect everything that the results of a run depend on, as plain JSON types."""
    metadata = basis.options["metadata"]
    told = {key: value for key, value in metadata.items() if key not in _ELSEWHERE}
    facts = {
        "backend": basis.model.backend,
        "model_args": basis.model.args,
        "model_files": _digest(_stamps(basis.model.args)),
        "tasks": list(basis.tasks),
        "task_files": _digest(sorted(text for each in basis.definitions for text in each.texts)),
        **{name: value for name, value in basis.options.items() if name != "metadata"},
        "metadata": told,
        "instruction": resolve_instruction(basis.instruction.choice),
        **dict(_files_of_settings(basis, told)),
    }
    return {name: _portable(value, basis.folder) for name, value in facts.items()}


def _files_of_settings(basis: RunBasis, metadata: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    data = metadata.get("ptr_data", os.environ.get("PTR_DATA"))
    if _is_given(data):
        patterns = [name for each in basis.definitions for name in each.data_files]
        yield "data_files", _digest(list(_contents(Path(str(data)).expanduser(), patterns)))
    if "ptr_synthesis" in metadata:
        yield "synthesis", resolve_synthesis(str(metadata["ptr_synthesis"]))
    if _is_given(run := metadata.get("ptr_first_round")):
        yield "first_round", _newest(Path(str(run)))
    if _is_given(choice := metadata.get("ptr_aggregator")):
        asked = read_aggregator(str(choice))
        yield "aggregator", asked.model_dump()
        yield "aggregator_files", _digest(_stamps(asked.args))
    place = Path(str(metadata.get("ptr_protocol", "")).rpartition(":")[0])
    if place.suffix == ".py":
        yield "protocol_file", _digest(list(_contents(place.parent, [place.name])))
    if "ptr_embedder" in metadata:
        yield "embedder_files", _digest(_stamps({"pretrained": metadata["ptr_embedder"]}))


def _is_given(value: Any) -> bool:
    return value is not None and str(value).lower() not in ("", "none")


def _stamps(args: Mapping[str, Any]) -> list[tuple[str, str, int, int]]:
    """List a model's local files; in whole seconds, since not every copy keeps more."""
    paths = {key: Path(str(args[key])) for key in PATH_ARGUMENTS if args.get(key)}
    return [
        (key, file.name, file.stat().st_size, int(file.stat().st_mtime))
        for key, path in paths.items()
        if path.is_absolute()
        for file in sorted(path.iterdir() if path.is_dir() else [path])
        if file.is_file()
    ]


def _contents(folder: Path, patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """List files with digests of what they hold: copies are equal whatever their times."""
    files = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    for path in sorted(files):
        facts = path.stat()
        yield path.relative_to(folder).as_posix(), _content(path, facts.st_size, facts.st_mtime_ns)


@cache
def _content(path: Path, size: int, time: int) -> str:
    """Digest a file; it is read again if its size or time has changed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _newest(run: Path) -> str | None:
    """Name the saved run that a first round is taken from; None if it is not there yet."""
    try:
        results = newest_results(run)
        return f"{results.name} {_digest(list(_contents(results.parent, [results.name])))}"
    except UserError:
        return None


def _portable(value: Any, folder: Path) -> Any:
    """Write paths in a folder as relative ones."""
    if isinstance(value, str):
        return value.replace(f"{folder}/", "./")
    if isinstance(value, Mapping):
        return {key: _portable(each, folder) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(each, folder) for each in value]
    return value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode("ascii")).hexdigest()
