"""A training run: makes data set, model and trainer, and starts or resumes the training."""

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptr_eval.errors import UserError
from ptr_eval.extras import require
from ptr_train.config import TrainConfig
from ptr_train.objectives import DpoSettings, make_objective, make_weights

if TYPE_CHECKING:
    from ptr_train.training.run_record import RunRecord
    from ptr_train.training.trainer import ObjectiveTrainer, TrainerHooks

_log = logging.getLogger(__name__)


def train(
    config: TrainConfig, *, resume: bool = False, say: Callable[[str], None] = _log.info
) -> Path:
    """Train a model, or resume its training, and give the last checkpoint.

    Under torchrun or deepspeed, every process calls this. `say` gets the lines for the user.
    """
    require("`ptr-train run`", "train", "torch", "transformers", "accelerate")
    from ptr_train.training.checkpoint_files import load_term_weights
    from ptr_train.training.checkpoints import remove_partial, step_of, whole_checkpoints
    from ptr_train.training.out_lock import locked
    from ptr_train.training.resuming import check_steps

    with locked(config.out):
        start = starting_point(config, resume=resume)
        trainer = make_trainer(config, start, say)
        step = step_of(start) if start else 0
        planned = trainer.planned_steps()
        if not check_steps(start, step, planned):
            say(
                f"{start} has all {planned:,} steps: nothing is trained; raise `train.max_steps` "
                "or `train.epochs` to go on."
            )
            return whole_checkpoints(config.out)[-1]
        if trainer.args.should_save:
            remove_partial(config.out)
        if start is not None:
            load_term_weights(trainer, start)
        trainer.train(resume_from_checkpoint=str(start) if start else None)
        trainer.accelerator.wait_for_everyone()
        return whole_checkpoints(config.out)[-1]


def encode(config: TrainConfig) -> list[str]:
    """Encode the data of a configuration, as `train` would do first."""
    require("`ptr-train encode`", "train", "torch", "transformers")
    from ptr_train.encoding.storage import read_summary
    from ptr_train.training.models import load_tokenizer
    from ptr_train.training.row_dataset import open_rows
    from ptr_train.training.selection import tally_text

    if isinstance(config.loss, DpoSettings):
        raise UserError(
            "`loss.objective: dpo` encodes its pairs when a run starts; use `ptr-train run`."
        )
    tokenizer, lines = load_tokenizer(config.model), []
    for split in ("train", "dev"):
        rows = open_rows(config, tokenizer, split)
        if rows is not None:
            folder, summary = rows.encoded.folder, read_summary(rows.encoded.folder)
            total, left_out = summary.total, sum(summary.dropped.values())
            lines.append(
                f"{split}: {total.rows:,} rows, {left_out:,} left out, "
                f"{summary.thoughts_dropped:,} thoughts cut, {total.tokens:,} tokens, of which "
                f"{total.supervised:,} count, in {folder}; used are {tally_text(rows.kinds)}"
            )
    return lines


def dry_run(config: TrainConfig) -> list[str]:
    """Encode the data, and say what a training would do with it."""
    require("`ptr-train run --dry-run`", "train", "torch", "transformers")
    from ptr_train.training.dry_run import dry_run_lines
    from ptr_train.training.models import load_tokenizer
    from ptr_train.training.preparing import open_data, seen_data
    from ptr_train.training.seen import warn_of_losses

    tokenizer = load_tokenizer(config.model)
    rows, _ = open_data(config, tokenizer, first=True)
    seen = seen_data(rows, config, int(os.environ.get("WORLD_SIZE", "1")))
    warn_of_losses(seen, config)
    first = [row for row in rows[0] if row is not None]
    return list(dry_run_lines(config, tokenizer, first, seen, len(rows)))


def starting_point(config: TrainConfig, *, resume: bool) -> Path | None:
    """Find the checkpoint to start from; None for the first step."""
    from ptr_train.training.checkpoints import check_readable, refuse_foreign, whole_checkpoints

    refuse_foreign(config.out)
    found = whole_checkpoints(config.out)
    if not found:
        return None
    if not resume:
        raise UserError(
            f"{config.out} has {found[-1].name} of an earlier run: go on from it with --resume, "
            "or choose another `out`."
        )
    if not any(found[-1].glob("rng_state*")):
        raise UserError(
            f"{found[-1]} was saved without what --resume needs (`save.optimizer: false`); start "
            "again with another `out`."
        )
    check_readable(found[-1])
    return found[-1]


def make_trainer(
    config: TrainConfig, start: Path | None = None, say: Callable[[str], None] = _log.info
) -> "ObjectiveTrainer":
    """Make the trainer, with its model and its data, to go on from a checkpoint if one is given."""
    from transformers import set_seed

    from ptr_eval.harness.live import check_live
    from ptr_train.training.arguments import training_arguments
    from ptr_train.training.cost import CostMeter, flops_per_token
    from ptr_train.training.live_evaluation import live_run
    from ptr_train.training.models import load_model, load_tokenizer
    from ptr_train.training.preparing import open_data, prepare
    from ptr_train.training.trainer import LossSpec, ObjectiveTrainer

    if config.evaluate is not None:
        check_live(live_run(config.evaluate, config.out.name))
    arguments = training_arguments(config, resuming=start is not None)
    tokenizer = load_tokenizer(config.model)
    record = prepare(config, tokenizer, start, arguments, say)
    rows, dev = open_data(config, tokenizer, first=False)
    collator = _collator(config, tokenizer)
    set_seed(config.seed)
    model = load_model(config)  # After the arguments, which set DeepSpeed up.
    recomputing = config.model.gradient_checkpointing
    cost = CostMeter(flops_per_token(model, recomputing=recomputing), record.cost)
    trainer = ObjectiveTrainer(
        LossSpec(make_objective(config.loss), make_weights(config.loss), config.kernel),
        _hooks(config, record, tokenizer, (rows, dev), cost),
        model=model,
        args=arguments,
        train_dataset=rows,
        eval_dataset=[] if dev is None else dev,
        data_collator=collator,
        processing_class=tokenizer,
    )
    if config.sharding.fsdp and not trainer.is_fsdp_enabled:
        raise UserError(
            "`sharding.fsdp` works on GPUs only; use `sharding.deepspeed`, or leave it out."
        )
    return trainer


def _collator(config: TrainConfig, tokenizer: Any) -> Any:
    from ptr_train.encoding.tokens import padding_id
    from ptr_train.training.pair_dataset import PairCollator
    from ptr_train.training.row_dataset import row_collator

    if isinstance(config.loss, DpoSettings):
        return PairCollator(padding_id(tokenizer))
    return row_collator(config, tokenizer)


def _hooks(
    config: TrainConfig, record: "RunRecord", tokenizer: Any, data: tuple[Any, Any], cost: Any
) -> "TrainerHooks":
    from transformers.integrations import is_deepspeed_zero3_enabled

    from ptr_train.training.checkpoint_files import finish_checkpoint, write_run
    from ptr_train.training.end_of_answers import stop_at_end_of_answers
    from ptr_train.training.fingerprints import training_inputs
    from ptr_train.training.live_evaluation import LiveEvaluation
    from ptr_train.training.pair_dataset import find_reference
    from ptr_train.training.seen import sampler_of
    from ptr_train.training.trainer import TrainerHooks

    def begin(trainer: "ObjectiveTrainer") -> None:
        stop_at_end_of_answers(trainer.model, tokenizer, config.encoding)
        if trainer.args.should_save:
            write_run(config, record, config.out)
        for split, pairs in zip(("train", "dev"), data, strict=True):
            if isinstance(config.loss, DpoSettings) and pairs is not None:
                read = training_inputs(config, tokenizer, split)
                find_reference(trainer, pairs, config.out / "reference" / f"{split}.npz", read)

    evaluate = None
    if config.evaluate is not None:
        evaluate = LiveEvaluation(
            out=config.out,
            method=config.loss.objective,
            settings=config.evaluate,
            tokenizer=tokenizer,
            shared=not (config.sharding.fsdp or is_deepspeed_zero3_enabled()),
        )
    return TrainerHooks(
        begin=begin,
        finish=partial(finish_checkpoint, config, record),
        evaluate=evaluate,
        save=config.save,
        sampler=sampler_of(config, data[0].lengths, record.processes),
        cost=cost,
    )
