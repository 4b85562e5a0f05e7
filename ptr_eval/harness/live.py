"""Evaluating a model that is in memory, as while it is trained."""

import copy
import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ptr_eval.catalog import entries, tasks_path
from ptr_eval.errors import UserError
from ptr_eval.harness.scorers import check_scorers
from ptr_eval.harness.settings import TaskSettings, check_live_settings
from ptr_eval.harness.task_file import read_task_file
from ptr_eval.harness.task_spec import TaskSpec
from ptr_eval.harness.wordings import check_wordings
from ptr_eval.log import quiet_lm_eval

_CONFIRM = "confirm_run_unsafe_code"


@dataclass(frozen=True, slots=True)
class LiveRun:
    """What to ask a live model."""

    name: str
    """The name to write the results under."""
    tasks: Sequence[str]
    """Names of our tasks or groups, or paths of configurations that are called as their tasks are,
    with the ending `.yaml`."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The `ptr_*` settings."""
    limit: int | None = None
    """How many documents of each task; None for all."""
    batch: int = 8
    """How many requests are answered at once."""
    chat: bool | None = None
    """Whether the chat template is used; None for if the tokenizer has one."""
    generation: Mapping[str, Any] = field(default_factory=dict)
    """Generation settings that replace the tasks' own."""
    unsafe_code: bool = False
    """Whether the user confirmed running model-written code."""


def check_live(run: LiveRun) -> None:
    """Refuse what cannot be evaluated before anything is loaded."""
    known = [entry.name for entry in entries()]
    if unknown := [t for t in run.tasks if t not in known and not _is_configuration(t)]:
        raise UserError(
            f"{', '.join(unknown)}: no such task; choose from {', '.join(known)} "
            "(`ptr-eval ls` lists them)."
        )
    check_live_settings(run.metadata)
    configs = [read_task_file(name) for task in run.tasks for name in _members(task)]
    if any(config.get("unsafe_code") for config in configs) and not run.unsafe_code:
        raise _unconfirmed()
    specs = [TaskSpec.read(config) for config in configs]
    settings = {
        spec.task: TaskSettings.from_metadata({**(config.get("metadata") or {}), **run.metadata})
        for spec, config in zip(specs, configs, strict=True)
    }
    check_wordings(
        {task: own.prompt for task, own in settings.items()},
        {spec.task: tuple(spec.prompts) for spec in specs},
    )
    check_scorers(
        {task: own.scorers for task, own in settings.items()},
        {spec.task: tuple(spec.scorers) for spec in specs},
    )


def _unconfirmed() -> UserError:
    return UserError(
        "A task runs code that the model wrote (in a sandbox); set `unsafe_code: true` to agree."
    )


def _members(task: str) -> list[str]:
    """List the tasks of a group; a task alone has itself."""
    groups = {entry.name: entry.data for entry in entries() if entry.kind == "group"}
    members = groups[task].split(", ") if task in groups else [task]
    return [
        name for member in members for name in ([member] if member == task else _members(member))
    ]


def _is_configuration(task: str) -> bool:
    return task.endswith(".yaml") and Path(task).is_file()


def evaluate_live(
    model: Any, tokenizer: Any, run: LiveRun, out: Path, accelerator: Any | None = None
) -> None:
    """Evaluate a model in memory, and write the files that an lm-eval run writes.

    The model is evaluated as it is, in evaluation mode, and left in the mode it was in; so are
    the states of random numbers.
    """
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    quiet_lm_eval()
    # It warns of models in memory, which are what this is for.
    logging.getLogger("lm_eval.models.huggingface").setLevel(logging.ERROR)
    tracker = EvaluationTracker(output_path=str(out))
    chat = bool(tokenizer.chat_template) if run.chat is None else run.chat
    own = [Path(task) for task in run.tasks if _is_configuration(task)]
    manager = TaskManager(
        include_path=[str(tasks_path()), *dict.fromkeys(str(path.parent) for path in own)],
        include_defaults=False,
        metadata=dict(run.metadata),
    )
    with _as_it_was(model), same_randomness():
        try:
            results = simple_evaluate(
                model=_wrapped(model, tokenizer, run.batch, accelerator),
                model_args={"pretrained": run.name},
                tasks=[Path(t).stem if _is_configuration(t) else t for t in run.tasks],
                task_manager=manager,
                limit=run.limit,
                gen_kwargs=dict(run.generation) or None,
                apply_chat_template=chat,
                fewshot_as_multiturn=chat,
                log_samples=True,
                evaluation_tracker=tracker,
                confirm_run_unsafe_code=run.unsafe_code,
            )
        except ValueError as error:
            if _CONFIRM not in str(error):
                raise
            raise _unconfirmed() from error
    if results and getattr(accelerator, "is_main_process", True):
        written = {key: value for key, value in results.items() if key != "samples"}
        tracker.save_results_aggregated(results=written, samples=results["samples"])
        for name in results["configs"]:
            tracker.save_results_samples(task_name=name, samples=results["samples"][name])


def _wrapped(model: Any, tokenizer: Any, batch: int, accelerator: Any | None) -> Any:
    from lm_eval.models.huggingface import HFLM

    # lm-eval changes the padding of the tokenizer it is given.
    lm = HFLM(pretrained=model, tokenizer=copy.deepcopy(tokenizer), batch_size=batch)
    if accelerator is not None and accelerator.num_processes > 1:
        lm.accelerator = accelerator
        lm._rank, lm._world_size = accelerator.process_index, accelerator.num_processes
    return lm


@contextmanager
def _as_it_was(model: Any) -> Iterator[None]:
    """Put a model into evaluation mode, and back into the mode it was in."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


@contextmanager
def same_randomness() -> Iterator[None]:
    """Leave all global random states as they were; lm-eval seeds them."""
    import numpy as np
    import torch

    python, numpy = random.getstate(), np.random.get_state()
    # All devices are the default, and each process would take memory on every one.
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
