"""Collects what the results of a run depend on, so that a change of it is noticed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.instructions import resolve_instruction
from ptr_eval.suite.config import PATH_ARGUMENTS, SuiteInstruction, SuiteModel
from ptr_eval.suite.definitions import TaskDefinition


def fingerprint_facts(
    arguments: Sequence[str],
    model: SuiteModel,
    instruction: SuiteInstruction,
    definitions: Sequence[TaskDefinition],
) -> dict[str, Any]:
    """Collect everything that the results of a run depend on."""
    texts = sorted(definition.text for definition in definitions)
    return {
        "arguments": list(arguments),
        "instruction": resolve_instruction(instruction.choice),
        "model_files": _digest(_files(model.args)),
        "task_files": _digest(texts),
    }


def _files(args: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    paths = [Path(args[key]) for key in PATH_ARGUMENTS if args.get(key)]
    return [
        (str(file), file.stat().st_size, file.stat().st_mtime_ns)
        for path in paths
        if path.is_absolute()
        for file in sorted(path.iterdir() if path.is_dir() else [path])
        if file.is_file()
    ]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode("ascii")).hexdigest()
