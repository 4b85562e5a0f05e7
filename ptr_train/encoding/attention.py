"""The arguments of a model's forward pass, with which packed rows do not see each other.

A row that is alone in its sequence needs none: its padding comes after it, and attention looks
only back. Packed rows are joined into one sequence without padding where the kind of attention is
told where rows begin: flash attention, and `BY_ROWS`, which runs torch's attention row by row. A
mask of all pairs of tokens, [B, 1, T, T], is left for models with sliding windows and `eager`.
"""

from typing import Any

import torch
from torch import Tensor

from ptr_train.encoding.packing import attention_mask, unpadded
from ptr_train.records import Batch

_UNPADDED = ("flash_attention_2", "flash_attention_3", "flash_attention_4")
_MASKED = ("eager", "sdpa")
BY_ROWS = "ptr_by_rows"
"""The name under which transformers knows `attend_by_rows`."""


def install_by_rows() -> str:
    """Register `attend_by_rows` with transformers, and give its name."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(BY_ROWS, attend_by_rows)
    AttentionMaskInterface.register(BY_ROWS, sdpa_mask)
    return BY_ROWS


def attend_by_rows(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **arguments: Any,
) -> tuple[Tensor, None]:
    """Attend as torch's attention does, to each row of a packed sequence by itself. [1, H, T, D].

    Without `cu_seq_lens_q`, as in generation, it is plain torch attention with the mask.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    ends = arguments.get("cu_seq_lens_q")
    if ends is None:
        whole: Tensor = sdpa_attention_forward(
            module, query, key, value, attention_mask, **arguments
        )[0]
        return whole, None
    # torch splits without copying; the causal kernel needs no mask.
    sizes = (ends[1:] - ends[:-1]).tolist()
    rows = (
        sdpa_attention_forward(module, q, k, v, None, **{**arguments, "is_causal": True})[0]
        for q, k, v in zip(*(states.split(sizes, 2) for states in (query, key, value)), strict=True)
    )
    return torch.cat(list(rows), 1), None


def arrange(batch: Batch, attention: str) -> Batch:
    """Bring a batch into the form that a kind of attention needs: with or without padding."""
    packed = attention == BY_ROWS and int(batch.segments.max()) > 1
    return unpadded(batch) if packed or attention.split("|")[-1] in _UNPADDED else batch


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
    if attention not in (*_MASKED, BY_ROWS) or getattr(text, "sliding_window", None):
        return packed
    if attention == BY_ROWS:
        # A mask that is there already keeps transformers from making one of all pairs.
        none = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=batch.input_ids.device)
        return {**packed, "attention_mask": none, **_lengths(batch)}
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
