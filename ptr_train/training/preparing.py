"""Before the first step: compare with what is there, encode the data, and say what is seen."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.objectives import DpoSettings
from ptr_train.training.checkpoints import step_of
from ptr_train.training.fingerprints import training_inputs
from ptr_train.training.pair_dataset import PairDataset, open_pairs, seen_pairs
from ptr_train.training.resuming import check_same, set_aside_evaluations
from ptr_train.training.row_dataset import open_rows, seen_rows
from ptr_train.training.run_record import RunRecord, changes_at, environment, read_record
from ptr_train.training.seen import SeenData, warn_of_losses


def prepare(
    config: TrainConfig,
    tokenizer: Any,
    start: Path | None,
    arguments: Any,
    say: Callable[[str], None],
) -> RunRecord:
    """Let the first process prepare a training, and give all the record of it.

    The others wait, as long as `sharding.timeout` lets them, and meet the same errors.
    """
    from accelerate.utils import broadcast_object_list

    outcome: list[Any] = [None, None]
    if arguments.process_index == 0:
        try:
            outcome[0] = _prepared(config, tokenizer, start, arguments.world_size, say)
        except UserError as error:
            outcome[1] = str(error)
    broadcast_object_list(outcome)
    if outcome[1] is not None:
        raise UserError(outcome[1])
    record: RunRecord = outcome[0]
    return record


def open_data(config: TrainConfig, tokenizer: Any, *, first: bool) -> tuple[Any, Any]:
    """Open the rows to train on, and those to evaluate on if there are any.

    The first process encodes them first, if that is not done.
    """
    read: Any = open_pairs if isinstance(config.loss, DpoSettings) else open_rows
    rows = read(config, tokenizer, "train", first=first)
    return rows, read(config, tokenizer, "dev", first=first) if config.evaluate else None


def seen_data(rows: Any, config: TrainConfig, processes: int) -> SeenData:
    """Say what a training sees of its rows or pairs."""
    if isinstance(rows, PairDataset):
        return seen_pairs(rows, config, processes)
    return seen_rows(rows, config, processes)


def _prepared(
    config: TrainConfig,
    tokenizer: Any,
    start: Path | None,
    processes: int,
    say: Callable[[str], None],
) -> RunRecord:
    record = _compared(config, tokenizer, start, processes, say)
    rows, _ = open_data(config, tokenizer, first=True)
    seen = seen_data(rows, config, processes)
    say(seen.line())
    warn_of_losses(seen, config)
    return replace(record, rows={**asdict(seen), "line": seen.line()})


def _compared(
    config: TrainConfig,
    tokenizer: Any,
    start: Path | None,
    processes: int,
    say: Callable[[str], None],
) -> RunRecord:
    """Compare the run with the one that it goes on from, or that left something in its folder."""
    inputs = training_inputs(config, tokenizer)
    left = any((config.out / name).is_dir() for name in ("eval", "reference"))
    before = start or (config.out if left else None)
    if before is None:
        return RunRecord(inputs, processes, environment=environment())
    step = step_of(start) if start else 0
    changes = check_same(before, config, inputs, processes)
    set_aside_evaluations(config.out, step, changes)
    if start is None:
        return RunRecord(inputs, processes, environment=environment())
    earlier = read_record(start) or RunRecord(inputs, processes)
    new = changes_at(changes, step)
    if new:
        each = "; ".join(str(change) for change in changes if change.field != "out")
        say(f"Changed since step {step:,}: {each}.")
    told = [*earlier.changes, *new]
    return RunRecord(inputs, processes, told, environment(), cost=earlier.cost)
