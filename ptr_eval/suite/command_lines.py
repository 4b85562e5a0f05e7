"""The lm_eval command lines of a suite: one for every model, instruction and task."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.suite.config import Instruction, Suite, known_tasks
from ptr_eval.suite.definitions import Definition, reachable
from ptr_eval.suite.fingerprint import inputs
from ptr_eval.suite.options import merged

RESULTS = "results.json"
"""What `--output_path` ends in; lm-eval adds the time before the dot."""

_FLAGS = ("num_fewshot", "limit", "batch_size", "device", "seed")


@dataclass(frozen=True, slots=True)
class Run:
    """One process of lm-eval."""

    model: str
    """The model's name."""
    instruction: str
    """The instruction's name."""
    task: str
    """The name of the suite's entry."""
    label: str
    """What to call it in reports: runs that differ in their tasks alone share it."""
    method: str
    """How the model was trained or prompted."""
    step: int | None
    """The model's training step, where it is one of a series."""
    folder: Path
    """Where it writes."""
    arguments: tuple[str, ...]
    """The arguments of `lm_eval`."""
    inputs: Mapping[str, Any]
    """All that its results depend on, as plain JSON types."""

    @property
    def name(self) -> str:
        """The names of model, instruction and task, joined by slashes."""
        return f"{self.model}/{self.instruction}/{self.task}"


def plan(suite: Suite, only: Sequence[str] = ()) -> list[Run]:
    """List a suite's runs."""
    instructions = {instruction.name: instruction for instruction in suite.instructions}
    kinds: list[list[str]] = [list(suite.models), list(instructions), list(suite.tasks)]
    named = {name for names in kinds for name in names}
    if unknown := [name for name in only if name not in named]:
        raise UserError(
            f"--only {unknown[0]}: no model, instruction or task of the suite has that name; "
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


def _run(suite: Suite, which: tuple[str, Instruction, str], known: Mapping[str, Definition]) -> Run:
    name, instruction, task = which
    model, entry = suite.models[name], suite.tasks[task]
    asked = entry.asked(task)
    found = reachable(asked, known)
    folder = suite.out / name / instruction.name / task
    own = {
        "ptr_instruction": instruction.choice,
        # Of one model all runs share it: the first round is the same under every instruction.
        "ptr_ledger": str(suite.out / name / "ledger"),
    }
    options = merged(suite.defaults, model, entry)
    options["metadata"] = {**options.get("metadata", {}), **own}
    arguments = (
        "run",
        *("--model", model.backend),
        *_mapping("--model_args", model.args),
        *("--include_path", str(known[asked[0]].folder)),
        *("--tasks", ",".join(asked)),
        *_flags(options),
        *("--output_path", str(folder / RESULTS), "--log_samples"),
        # The suite agrees, or it would have been refused.
        *(["--confirm_run_unsafe_code"] if any(one.unsafe for one in found) else []),
        *options.get("extra", ()),
    )
    return Run(
        model=name,
        instruction=instruction.name,
        task=task,
        label=_label(suite, which, known),
        method=model.method or name,
        step=model.step,
        folder=folder,
        arguments=arguments,
        inputs=inputs(arguments, model, instruction, found),
    )


def _label(
    suite: Suite, which: tuple[str, Instruction, str], known: Mapping[str, Definition]
) -> str:
    model, instruction, task = which
    names = {
        name: {definition.name for definition in reachable(entry.asked(name), known)}
        for name, entry in suite.tasks.items()
    }
    shared = any(names[task] & names[other] for other in names if other != task)
    several = len(suite.instructions) > 1
    parts = [model, instruction.name if several else "", task if shared else ""]
    return "/".join(filter(None, parts))


def _flags(options: Mapping[str, Any]) -> list[str]:
    words = []
    for name in _FLAGS:
        if name in options:
            words += [f"--{name}", str(options[name])]
    if template := options.get("apply_chat_template"):
        words.append("--apply_chat_template" + ("" if template is True else f"={template}"))
    words += _mapping("--gen_kwargs", options.get("gen_kwargs", {}))
    return words + _mapping("--metadata", options["metadata"])


def _mapping(flag: str, values: Mapping[str, Any]) -> list[str]:
    # JSON, because lm_eval cuts the values of key=value at commas and guesses their types.
    return [flag, json.dumps(values)] if values else []


def line(run: Run) -> str:
    """Write a run as a line for the shell."""
    return shlex.join(["lm_eval", *run.arguments])
