"""From the configuration to the arguments of `transformers.Trainer`."""

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.extras import require
from ptr_train.config import ShardingSettings, TrainConfig, TrainedModelSettings
from ptr_train.shipped import deepspeed_configs

_NEVER = 10**9
_SCHEDULES = {
    "linear": "linear",
    "cosine": "cosine",
    "constant": "constant_with_warmup",
}
_OWNED = ("optimizer", "scheduler", "train_batch_size")


def training_arguments(config: TrainConfig, *, resuming: bool = False) -> Any:
    """Make the arguments; this also connects the processes, if there are several."""
    from transformers import TrainingArguments

    check_installed(config)
    check_launched(config.sharding)
    check_precision(config.model)
    optimizer, train, evaluate = config.optimizer, config.train, config.evaluate
    if config.tensorboard:
        os.environ.setdefault("TENSORBOARD_LOGGING_DIR", str(config.out / "logs"))
    arguments = TrainingArguments(
        output_dir=str(config.out),
        seed=config.seed,
        use_cpu=config.model.cpu,
        bf16=config.model.precision == "bf16",
        per_device_train_batch_size=train.per_device_batch_size,
        per_device_eval_batch_size=train.per_device_batch_size,
        gradient_accumulation_steps=train.gradient_accumulation_steps,
        num_train_epochs=train.epochs,
        max_steps=train.max_steps or -1,
        learning_rate=optimizer.learning_rate,
        adam_beta1=optimizer.betas[0],
        adam_beta2=optimizer.betas[1],
        adam_epsilon=optimizer.eps,
        weight_decay=optimizer.weight_decay,
        max_grad_norm=optimizer.max_grad_norm,
        lr_scheduler_type=_SCHEDULES[optimizer.schedule],
        warmup_steps=optimizer.warmup,
        logging_steps=train.logging_steps,
        logging_nan_inf_filter=False,
        report_to=_loggers(config),
        save_strategy="steps",
        save_steps=config.save.steps or _NEVER,
        save_only_model=not config.save.optimizer,
        eval_strategy="steps" if evaluate else "no",
        eval_steps=evaluate.steps if evaluate else None,
        eval_on_start=bool(evaluate and evaluate.at_start and not resuming),
        remove_unused_columns=False,
        label_names=[],
        **_sharding(config.sharding),
    )
    if arguments.n_gpu > 1:
        raise UserError(
            f"One process sees {arguments.n_gpu} GPUs: start one process each with torchrun "
            f"--nproc_per_node {arguments.n_gpu} -m ptr_train.cli run ..., or choose one with "
            "CUDA_VISIBLE_DEVICES=0."
        )
    return arguments


def check_installed(config: TrainConfig) -> None:
    """Refuse what needs a package that is not installed."""
    if config.lora is not None:
        require("`lora`", "train", "peft")
    if config.sharding.deepspeed is not None:
        require("`sharding.deepspeed`", "train", "deepspeed")
    if config.tensorboard:
        require("`tensorboard`", "train", "tensorboard")
    if config.wandb and importlib.util.find_spec("wandb") is None:
        raise UserError("`wandb` needs wandb; install it with pip install wandb.")


def _loggers(config: TrainConfig) -> list[str]:
    wanted = {"tensorboard": config.tensorboard, "wandb": config.wandb}
    return [name for name, on in wanted.items() if on]


def check_launched(settings: ShardingSettings) -> None:
    """Refuse sharding without a launcher."""
    if (settings.deepspeed or settings.fsdp) and "RANK" not in os.environ:
        raise UserError(
            f"`sharding.{'deepspeed' if settings.deepspeed else 'fsdp'}` needs a launcher, even "
            "for one GPU: torchrun --nproc_per_node 1 -m ptr_train.cli run ..."
        )


def check_precision(settings: TrainedModelSettings) -> None:
    """Refuse bfloat16 where nothing computes in it."""
    from transformers.utils import is_torch_bf16_gpu_available, is_torch_xla_available

    if settings.cpu or settings.precision != "bf16":
        return
    if not is_torch_bf16_gpu_available() and not is_torch_xla_available():
        raise UserError(
            "`model.precision: bf16` needs a GPU that computes in bfloat16, and there is none; set "
            "`model.cpu: true` to train on the CPU, or `model.precision: fp32`."
        )


def _sharding(settings: ShardingSettings) -> dict[str, Any]:
    options: dict[str, Any] = {"ddp_timeout": settings.timeout}
    if settings.deepspeed is not None:
        options["deepspeed"] = _deepspeed(settings.deepspeed)
    if settings.fsdp:
        options["fsdp"] = True
        options["fsdp_config"] = {"version": 2, "state_dict_type": "FULL_STATE_DICT"}
        if settings.fsdp_layer is not None:
            options["fsdp_config"]["transformer_layer_cls_to_wrap"] = [settings.fsdp_layer]
    return options


def _deepspeed(choice: str) -> dict[str, Any]:
    path = deepspeed_configs().get(choice) or Path(choice)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"`sharding.deepspeed`: {path} cannot be read ({error}).") from error
    if not isinstance(content, dict):
        raise UserError(f"`sharding.deepspeed`: {path} must hold a JSON object.")
    if ours := [key for key in _OWNED if key in content]:
        raise UserError(
            f"`sharding.deepspeed`: {path} sets {', '.join(ours)}, which belongs to the training's "
            "configuration; remove it from that file."
        )
    return content
