"""Loads the model to train and its tokenizer, and adds adapters if these are trained instead."""

from typing import Any

import torch

from ptr_eval.errors import UserError
from ptr_train.config import LoraSettings, TrainConfig, TrainedModelSettings
from ptr_train.encoding.attention import install_by_rows


def load_tokenizer(settings: TrainedModelSettings) -> Any:
    """Load the tokenizer."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(settings.name, revision=settings.revision)
    except (OSError, ValueError) as error:
        raise _not_found(settings, "tokenizer", error) from error
    if settings.chat_template is not None:
        try:
            tokenizer.chat_template = settings.chat_template.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"`model.chat_template`: {error}.") from error
    return tokenizer


def load_model(config: TrainConfig) -> Any:
    """Load the model, ready for training.

    Make the training arguments first: they set DeepSpeed up, and without that ZeRO-3 loads all
    weights into every process.
    """
    from transformers import AutoModelForCausalLM

    settings = config.model
    try:
        model = AutoModelForCausalLM.from_pretrained(
            settings.name,
            config=_lengthened(settings) if settings.max_position_embeddings else None,
            revision=settings.revision,
            attn_implementation=_attention(config),
            dtype=weights_dtype(config),
        )
    except (OSError, ValueError, ImportError) as error:
        raise _not_found(settings, "model", error) from error
    _check_head(settings, model)
    if settings.gradient_checkpointing:
        # Not by an argument of Trainer, whose name differs between versions.
        enable = getattr(model, "activation_checkpointing_enable", None)
        (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})
    return model if config.lora is None else _with_adapters(model, config.lora)


def empty_model(config: TrainConfig) -> Any:
    """Make the model without its weights, which takes no memory."""
    from transformers import AutoConfig, AutoModelForCausalLM

    settings = config.model
    try:
        found = AutoConfig.from_pretrained(settings.name, revision=settings.revision)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(found)
    except (OSError, ValueError, ImportError) as error:
        raise _not_found(settings, "configuration", error) from error
    _check_head(settings, model)
    if config.lora is None:
        return model
    with torch.device("meta"):
        return _with_adapters(model, config.lora)


def _check_head(settings: TrainedModelSettings, model: Any) -> None:
    if not isinstance(model.get_output_embeddings(), torch.nn.Linear):
        raise UserError(f"{settings.name}: its output layer is not linear; use another model.")


def _attention(config: TrainConfig) -> str:
    """Choose how attention is computed: packed rows need no mask of all pairs of tokens."""
    packed = config.data.pack and config.model.attention == "sdpa"
    return install_by_rows() if packed else config.model.attention


def _lengthened(settings: TrainedModelSettings) -> Any:
    """Load a model's configuration with another length; works for rotary positions only."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(settings.name, revision=settings.revision)
    text = config.get_text_config()
    if not hasattr(text, "rope_parameters"):
        raise UserError(
            f"`model.max_position_embeddings`: {settings.name} has no rotary positions, so its "
            "length is fixed; leave it out."
        )
    text.max_position_embeddings = settings.max_position_embeddings
    return config


def weights_dtype(config: TrainConfig) -> torch.dtype:
    """Choose the type of the weights.

    Small updates of bfloat16 weights are lost to rounding, so weights that are trained are float32.
    But DeepSpeed has float32 copies of its own, and adapters are always float32.
    """
    kept_elsewhere = config.lora is not None or config.sharding.deepspeed is not None
    narrow = config.model.precision == "bf16" and kept_elsewhere
    return torch.bfloat16 if narrow else torch.float32


def _with_adapters(model: Any, settings: LoraSettings) -> Any:
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.targets,
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(model, lora)
    except ValueError as error:
        linear = sorted(
            {
                name.rpartition(".")[2]
                for name, module in model.named_modules()
                if isinstance(module, torch.nn.Linear)
                and module is not model.get_output_embeddings()
            }
        )
        raise UserError(
            f"`lora.targets`: the model has none of {', '.join(settings.targets)}; its linear "
            f"layers are {', '.join(linear)}."
        ) from error


def _not_found(settings: TrainedModelSettings, what: str, error: Exception) -> UserError:
    reason = " ".join(str(error).split())[:300].rstrip(".")
    return UserError(
        f"`model.name`: the {what} of {settings.name} cannot be loaded ({reason}); name one on "
        "the hub, or a folder, such as ./folder."
    )
