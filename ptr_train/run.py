"""A training run: makes data set, model and trainer, and starts or resumes the training."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptr_eval.errors import UserError
from ptr_eval.extras import require
from ptr_train.config import TrainConfig
from ptr_train.objectives import DpoSettings, make_objective, make_weights

if TYPE_CHECKING:
    from ptr_train.training.trainer import ObjectiveTrainer, TrainerHooks


def train(config: TrainConfig, *, resume: bool = False) -> Path:
    """Train a model, or resume its training, and give the last checkpoint.

    Under torchrun or deepspeed, every process calls this.
    """
    require("`ptr-train run`", "train", "torch", "transformers", "accelerate")
    from ptr_train.training.checkpoint_files import load_term_weights
    from ptr_train.training.checkpoints import remove_partial, whole_checkpoints

    start = starting_point(config, resume=resume)
    trainer = make_trainer(config, resuming=start is not None)
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
    from ptr_train.encoding.storage import SUMMARY
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
            folder = rows.encoded.folder
            total = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["total"]
            lines.append(
                f"{split}: {total['rows']:,} rows, {total['tokens']:,} tokens, of which "
                f"{total['supervised']:,} count, in {folder}; used are {tally_text(rows.kinds)}"
            )
    return lines


def starting_point(config: TrainConfig, *, resume: bool) -> Path | None:
    """Find the checkpoint to start from; None for the first step."""
    from ptr_train.training.checkpoints import whole_checkpoints

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
    return found[-1]


def make_trainer(config: TrainConfig, *, resuming: bool = False) -> "ObjectiveTrainer":
    """Make the trainer, with its model and its data."""
    from transformers import set_seed

    from ptr_eval.harness.live import check_live
    from ptr_train.training.arguments import training_arguments
    from ptr_train.training.live_evaluation import live_run
    from ptr_train.training.models import load_model, load_tokenizer
    from ptr_train.training.trainer import LossSpec, ObjectiveTrainer

    if config.evaluate is not None:
        check_live(live_run(config.evaluate, config.out.name))
    arguments = training_arguments(config, resuming=resuming)
    tokenizer = load_tokenizer(config.model)
    rows, dev, collator = _data(config, tokenizer)
    set_seed(config.seed)
    model = load_model(config)  # After the arguments, which set DeepSpeed up.
    trainer = ObjectiveTrainer(
        LossSpec(make_objective(config.loss), make_weights(config.loss), config.kernel),
        _hooks(config, tokenizer, rows, dev),
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


def _data(config: TrainConfig, tokenizer: Any) -> tuple[Any, Any, Any]:
    """Open the rows to train on, those to evaluate on if there are any, and make their collator."""
    from ptr_train.encoding.tokens import padding_id
    from ptr_train.training.pair_dataset import PairCollator, open_pairs
    from ptr_train.training.row_dataset import open_rows, row_collator

    pairs = isinstance(config.loss, DpoSettings)
    read: Any = open_pairs if pairs else open_rows
    rows = read(config, tokenizer, "train")
    dev = read(config, tokenizer, "dev") if config.evaluate is not None else None
    collator = PairCollator(padding_id(tokenizer)) if pairs else row_collator(config, tokenizer)
    return rows, dev, collator


def _hooks(config: TrainConfig, tokenizer: Any, rows: Any, dev: Any) -> "TrainerHooks":
    from transformers.integrations import is_deepspeed_zero3_enabled

    from ptr_train.training.checkpoint_files import finish_checkpoint
    from ptr_train.training.end_of_answers import stop_at_end_of_answers
    from ptr_train.training.live_evaluation import LiveEvaluation
    from ptr_train.training.pair_dataset import find_reference
    from ptr_train.training.trainer import TrainerHooks

    def begin(trainer: "ObjectiveTrainer") -> None:
        stop_at_end_of_answers(trainer.model, tokenizer, config.encoding)
        for split, pairs in (("train", rows), ("dev", dev)):
            if isinstance(config.loss, DpoSettings) and pairs is not None:
                find_reference(trainer, pairs, config.out / "reference" / f"{split}.npz")

    evaluate = None
    if config.evaluate is not None:
        evaluate = LiveEvaluation(
            out=config.out,
            method=config.loss.objective,
            settings=config.evaluate,
            tokenizer=tokenizer,
            shared=not (config.sharding.fsdp or is_deepspeed_zero3_enabled()),
        )
    return TrainerHooks(begin, partial(finish_checkpoint, config), evaluate, config.save)
