"""Writes the lm_eval command lines of a suite: one for each model, instruction and task."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.suite.config import Suite, SuiteInstruction, known_tasks
from ptr_eval.suite.definitions import TaskDefinition, with_group_members
from ptr_eval.suite.fingerprint import RunBasis, fingerprint_facts
from ptr_eval.suite.options import merge_options

RESULTS = "results.json"
"""The file name in `--output_path`; lm-eval adds the time before the dot."""

_FLAGS = ("num_fewshot", "limit", "batch_size", "device", "seed")


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """One process of lm-eval: a model, an instruction and a task."""

    model: str
    """The model's name."""
    instruction: str
    """The instruction's name."""
    task: str
    """The name of the task in the suite file."""
    label: str
    """Its name in reports; runs that differ only in their tasks have the same one."""
    method: str
    """How the model was trained or prompted, such as `Prompt`, `IFT` or `PTR`."""
    step: int | None
    """The training step of the model, if it is one of a series."""
    folder: Path
    """The folder that it writes to."""
    arguments: tuple[str, ...]
    """The arguments of `lm_eval`."""
    basis: RunBasis
    """What it is made of."""

    @property
    def fingerprint(self) -> dict[str, Any]:
        """Everything that its results depend on, as files and texts are now."""
        return fingerprint_facts(self.basis)

    @property
    def name(self) -> str:
        """The names of model, instruction and task, joined by slashes."""
        return f"{self.model}/{self.instruction}/{self.task}"


def plan_runs(suite: Suite, only: Sequence[str] = ()) -> list[SuiteRun]:
    """List the runs of a suite; with `only`, of these models, instructions and tasks."""
    instructions = {instruction.name: instruction for instruction in suite.instructions}
    kinds: list[list[str]] = [list(suite.models), list(instructions), list(suite.tasks)]
    named = {name for names in kinds for name in names}
    if unknown := [name for name in only if name not in named]:
        raise UserError(
            f"--only {unknown[0]}: no model, instruction or task of the suite has this name; "
            f"choose among {', '.join(sorted(named))}."
        )
    models, chosen, tasks = ([n for n in names if n in only] or names for names in kinds)
    known = known_tasks(suite.include_path)
    return [
        _run(suite, (model, instructions[instruction], task), known)
        for model in models
        for instruction in chosen
        for task in tasks
    ]


def _run(
    suite: Suite, which: tuple[str, SuiteInstruction, str], known: Mapping[str, TaskDefinition]
) -> SuiteRun:
    name, instruction, task = which
    model, entry = suite.models[name], suite.tasks[task]
    task_names = entry.task_names(task)
    found = with_group_members(task_names, known)
    folder = suite.out / name / instruction.name / task
    own = {
        "ptr_instruction": instruction.choice,
        # All runs of a model share it, because instructions do not change the first round.
        "ptr_ledger": str(suite.out / name / "ledger"),
    }
    options = merge_options(suite.defaults, model, entry)
    options["metadata"] = {**options.get("metadata", {}), **own}
    arguments = (
        "run",
        *("--model", model.backend),
        *_json_flag("--model_args", model.args),
        *("--include_path", str(known[task_names[0]].folder)),
        *("--tasks", ",".join(task_names)),
        *_flags(options),
        *("--output_path", str(folder / RESULTS), "--log_samples"),
        # The suite file agrees to this, or it would have been refused.
        *(["--confirm_run_unsafe_code"] if any(definition.unsafe for definition in found) else []),
        *options.get("extra", ()),
    )
    return SuiteRun(
        model=name,
        instruction=instruction.name,
        task=task,
        label=_label(suite, which, known),
        method=model.method or name,
        step=model.step,
        folder=folder,
        arguments=arguments,
        basis=RunBasis(suite.folder, model, instruction, tuple(task_names), tuple(found), options),
    )


def _label(
    suite: Suite, which: tuple[str, SuiteInstruction, str], known: Mapping[str, TaskDefinition]
) -> str:
    model, instruction, task = which
    names = {
        name: {definition.name for definition in with_group_members(entry.task_names(name), known)}
        for name, entry in suite.tasks.items()
    }
    is_shared = any(names[task] & names[other] for other in names if other != task)
    several = len(suite.instructions) > 1
    parts = [model, instruction.name if several else "", task if is_shared else ""]
    return "/".join(filter(None, parts))


def _flags(options: Mapping[str, Any]) -> list[str]:
    arguments = []
    for name in _FLAGS:
        if name in options:
            arguments += [f"--{name}", str(options[name])]
    if template := options.get("apply_chat_template"):
        arguments.append("--apply_chat_template" + ("" if template is True else f"={template}"))
    arguments += _json_flag("--gen_kwargs", options.get("gen_kwargs", {}))
    return arguments + _json_flag("--metadata", options["metadata"])


def _json_flag(flag: str, values: Mapping[str, Any]) -> list[str]:
    # JSON, because lm_eval splits key=value pairs at commas and guesses types.
    return [flag, json.dumps(values)] if values else []


def shell_line(run: SuiteRun) -> str:
    """Write a run as a command line for the shell."""
    return shlex.join(["lm_eval", *run.arguments])
