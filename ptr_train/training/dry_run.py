"""What a training would do, before it does it: steps, tokens, memory, and the first row."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch

from ptr_train.config import TrainConfig
from ptr_train.objectives import PtrSettings
from ptr_train.records import EncodedRow
from ptr_train.training.cost import flops_per_token
from ptr_train.training.models import empty_model, weights_dtype
from ptr_train.training.seen import SeenData
from ptr_train.training.steps import steps_for


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """What a process needs, in bytes."""

    weights: float
    """The model's weights."""
    gradients: float
    """The gradients of those that are trained."""
    optimizer: float
    """The optimizer's means, and float32 copies of weights where there are any."""
    activations: float
    """What the backward pass of the longest micro-batch needs."""

    def line(self) -> str:
        """Say it in one line."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        told = ", ".join(f"{name} {value / 1e9:.2f}" for name, value in parts.items())
        return f"memory: about {sum(parts.values()) / 1e9:.2f} GB a process ({told})"


def dry_run_lines(
    config: TrainConfig, tokenizer: Any, rows: Sequence[EncodedRow], seen: SeenData, sequences: int
) -> Iterator[str]:
    """Say what a training would do; `rows` are those of the first item of the data set."""
    train, processes = config.train, int(os.environ.get("WORLD_SIZE", "1"))
    batch = train.per_device_batch_size, train.gradient_accumulation_steps
    each = steps_for(sequences, *batch, processes, epochs=1)
    steps = train.max_steps or steps_for(sequences, *batch, processes, epochs=train.epochs)
    tokens = seen.tokens * steps / each
    model = empty_model(config)
    flops = flops_per_token(model, recomputing=config.model.gradient_checkpointing)
    yield seen.line()
    yield (
        f"steps: {steps:,} of {batch[0]} x {batch[1]} x {processes} rows ({each:,} an epoch), "
        f"about {tokens:,.0f} tokens and {flops * tokens / (1 - seen.padding):.3g} FLOPs"
    )
    yield memory_estimate(config, model, seen.longest, processes).line()
    for row in rows:
        yield f"row {row.id} ({row.kind}), with the weight of each part in the likelihood:"
        yield from masked_text(row, config, tokenizer)


def memory_estimate(
    config: TrainConfig, model: Any, longest: int, processes: int
) -> MemoryEstimate:
    """Estimate what a process needs; fragments and what libraries take come on top."""
    sizes = [(weight.numel(), weight.requires_grad) for weight in model.parameters()]
    trained = sum(size for size, trains in sizes if trains)
    frozen = sum(size for size, trains in sizes if not trains)
    narrow = weights_dtype(config) == torch.bfloat16
    deepspeed, sharded = config.sharding.deepspeed, config.sharding.fsdp
    wide_trained = not narrow or config.lora is not None
    bytes_trained = 4 if wide_trained and not (deepspeed and narrow) else 2
    copies = 12 if deepspeed and narrow else 8
    over_all = processes if sharded or "zero3" in (deepspeed or "") else 1
    over_states = processes if sharded or deepspeed else 1
    return MemoryEstimate(
        weights=(frozen * (2 if narrow else 4) + trained * bytes_trained) / over_all,
        gradients=trained * bytes_trained / over_states,
        optimizer=trained * copies / over_states,
        activations=_activations(config, model, longest),
    )


def _activations(config: TrainConfig, model: Any, longest: int) -> float:
    """Estimate what the backward pass needs of a micro-batch of the longest rows."""
    sequences = config.train.per_device_batch_size * (2 if _is_dpo(config) else 1)
    size, wide = (2, 16) if config.model.precision == "bf16" else (4, 9)
    text = model.config.get_text_config()
    layer = size * activation_width(text, wide)
    if config.model.gradient_checkpointing:  # The input of each layer, and one layer at a time.
        kept = layer + text.num_hidden_layers * size * text.hidden_size
    else:
        kept = layer * text.num_hidden_layers
    copies = 0.0
    if config.model.precision == "bf16" and weights_dtype(config) == torch.float32:
        copies = 2.0 * sum(weight.numel() for weight in model.parameters())  # Autocast's own.
    return sequences * longest * float(kept) + copies


def activation_width(text: Any, wide: int) -> float:
    """Count the numbers that a layer keeps of a token, as measured on layers like Llama's.

    So many of the hidden size (more in bfloat16, where norms keep float32), keys and values once,
    and four times the width of the gated network.
    """
    hidden: int = text.hidden_size
    heads = getattr(text, "num_attention_heads", 1)
    width = getattr(text, "head_dim", None) or hidden // heads
    values = width * (getattr(text, "num_key_value_heads", None) or heads)
    inner = getattr(text, "intermediate_size", None) or 4 * hidden
    return float(wide * hidden + 2 * values + 4 * inner)


def _is_dpo(config: TrainConfig) -> bool:
    return config.loss.objective == "dpo"


def masked_text(row: EncodedRow, config: TrainConfig, tokenizer: Any) -> Iterator[str]:
    """Write a row's text in parts, each after the weight of its tokens."""
    weights = list(row.weights)
    if isinstance(config.loss, PtrSettings) and config.loss.thought_mask is True:
        start = row.attempts[-1].start
        weights[:start] = [0.0] * start
    for weight, places in groupby(range(len(weights)), key=weights.__getitem__):
        ids = [row.input_ids[place] for place in places]
        yield f"{weight:g} | {tokenizer.decode(ids, clean_up_tokenization_spaces=False)!r}"
