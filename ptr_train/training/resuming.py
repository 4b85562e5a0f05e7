"""Going on with a training: its inputs must be the same, and what may change is applied."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ptr_eval.config import open_config
from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.encoding.identity import Fingerprints, differing
from ptr_train.training.changes import Change, find_changes
from ptr_train.training.checkpoints import MARKER
from ptr_train.training.run_record import read_record

_log = logging.getLogger(__name__)

_WITH_METHOD = ("loss.", "data.encoding.type", "data.encoding.thought_mask")
_WITHOUT_EFFECT = (
    "out",
    "save.",
    "sharding.timeout",
    "tensorboard",
    "train.logging_steps",
    "wandb",
)
"""Fields on which neither weights nor evaluations depend."""
_BY_INPUT = {
    "model": "the model's files",
    "tokenizer": "the tokenizer",
    "chat template": "the chat template",
    "data": "the data",
}


def check_same(
    folder: Path, config: TrainConfig, inputs: Fingerprints, processes: int
) -> list[Change]:
    """Compare a training with the one that wrote a folder, and list what may change and did."""
    record = read_record(folder)
    if record is None:
        _log.warning(
            "%s was saved by an earlier version, which recorded no inputs: whether model, data and "
            "settings are the same is not known.",
            folder,
        )
        return []
    changes = find_changes(_config_in(folder), config)
    fixed = [change for change in changes if change.kind == "fixed"]
    if method := [change for change in fixed if change.field == "loss.objective"]:
        rest = [change for change in fixed if not change.field.startswith(_WITH_METHOD)]
        fixed = [*method, *rest]
    problems = [str(change) for change in fixed]
    other = differing(record.inputs, inputs)
    problems += [f"{_BY_INPUT[name]} {_is(name)} not the same" for name in other]
    if record.processes != processes:
        problems.append(f"the number of processes was {record.processes} and is {processes}")
    if problems:
        raise UserError(
            f"{folder} was trained with other settings ({'; '.join(problems)}), which cannot "
            "change on the way: set them back, or choose another `out`."
        )
    return changes


def set_aside_evaluations(out: Path, step: int, changes: Sequence[Change]) -> None:
    """Move the evaluations of later steps away, which are of a training with other settings."""
    other = [change for change in changes if not change.field.startswith(_WITHOUT_EFFECT)]
    for folder in sorted((out / "eval").glob("step-*")) if other else ():
        number = folder.name.removeprefix("step-")
        if number.isdecimal() and int(number) > step:
            target = _free(out / f"eval-before-change-at-{step}", folder.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(target)


def check_steps(start: Path | None, step: int, planned: int) -> bool:
    """Tell whether there are steps left to train; refuse fewer than are already trained."""
    if start is not None and step > planned:
        raise UserError(
            f"{start} is of step {step:,}, and `train.max_steps` or `train.epochs` asks for "
            f"{planned:,} steps; raise it, or choose another `out`."
        )
    return step < planned


def apply_settings(trainer: Any) -> None:
    """Give a resumed trainer its own settings, in place of those that a checkpoint restored.

    A checkpoint of the optimizer has the learning rate, betas and weight decay of the run before,
    and the state of the trainer has its intervals.
    """
    state, scheduler = trainer.state, trainer.lr_scheduler
    state.compute_steps(trainer.args, state.max_steps)
    groups = trainer.optimizer.param_groups
    rates = [fresh["lr"] for fresh in trainer.fresh_settings]
    for group, fresh in zip(groups, trainer.fresh_settings, strict=True):
        group.update(fresh)
    scheduler.base_lrs = rates
    for group, rate, rule in zip(groups, rates, scheduler.lr_lambdas, strict=True):
        group["initial_lr"], group["lr"] = rate, rate * rule(scheduler.last_epoch)
    scheduler._last_lr = [group["lr"] for group in groups]


@contextmanager
def without_comparison() -> Iterator[None]:
    """Leave transformers' own comparison out: it warns of intervals that we apply."""
    logger = logging.getLogger("transformers.trainer_utils")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _config_in(folder: Path) -> TrainConfig:
    try:
        return open_config(folder / MARKER).checked(TrainConfig)
    except UserError as error:
        raise UserError(
            f"{folder} has a configuration that this version cannot read ({error}); go on with the "
            "version that wrote it, or choose another `out`."
        ) from error


def _is(name: str) -> str:
    return "are" if name in ("model", "data") else "is"


def _free(folder: Path, name: str) -> Path:
    """Find a name that is free in a folder."""
    number, path = 1, folder / name
    while path.exists():
        number, path = number + 1, folder / f"{name}-{number + 1}"
    return path
