"""The arguments of a model's forward pass, with which packed rows do not see each other.

A row that is alone in its sequence needs none: its padding comes after it, and attention looks
only back.
"""

from typing import Any

import torch
from torch import Tensor

from ptr_train.encoding.packing import attention_mask, unpadded
from ptr_train.records import Batch

_UNPADDED = ("flash_attention_2", "flash_attention_3", "flash_attention_4")
_MASKED = ("eager", "sdpa")


def arrange(batch: Batch, attention: str) -> Batch:
    """Bring a batch into the form that a kind of attention needs: with or without padding."""
    return unpadded(batch) if attention.split("|")[-1] in _UNPADDED else batch


def forward_arguments(batch: Batch, config: Any, dtype: torch.dtype) -> dict[str, Any]:
    """Make the arguments of a model's forward pass."""
    text = config.get_text_config()
    attention = text._attn_implementation
    plain = {"input_ids": batch.input_ids, "use_cache": False}
    if attention.split("|")[-1] in _UNPADDED:
        return {**plain, "position_ids": batch.position_ids, **_lengths(batch)}
    if int(batch.segments.max()) <= 1:
        return plain
    packed = {**plain, "position_ids": batch.position_ids}
    if attention not in _MASKED or getattr(text, "sliding_window", None):
        return packed
    mask = attention_mask(batch)
    return {**packed, "attention_mask": mask if attention == "sdpa" else additive(mask, dtype)}


def additive(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Make a mask of numbers that are added to attention scores."""
    zeros = torch.zeros(mask.shape, dtype=dtype, device=mask.device)
    return zeros.masked_fill(~mask, torch.finfo(dtype).min)


def _lengths(batch: Batch) -> dict[str, Any]:
    """Give the first positions of rows, in the form of transformers' kernels for no padding."""
    sizes = torch.bincount(batch.segments[0])[1:]
    ends = torch.nn.functional.pad(sizes.cumsum(0), (1, 0)).to(torch.int32)
    longest = int(sizes.max())
    return {
        "cu_seq_lens_q": ends,
        "cu_seq_lens_k": ends,
        "max_length_q": longest,
        "max_length_k": longest,
    }
