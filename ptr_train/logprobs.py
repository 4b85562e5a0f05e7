"""Log-probabilities of given tokens, from last hidden states, without a matrix of all logits.

The logits of N tokens over V words are computed in tiles of tokens x words: a running log-sum-exp
in the forward pass, and the same tiles again in the backward pass. Beside the gradients, this
takes the memory of one tile and a few vectors of N; the usual way stores several matrices [N, V].
"""

from dataclasses import dataclass
from importlib import metadata
from typing import Any

import torch
from packaging.version import Version
from torch import Tensor
from torch.autograd.function import once_differentiable

from ptr_eval.errors import UserError
from ptr_train.objectives.settings import KernelSettings

IGNORED = -100
"""A target to leave out: its log-probability is 0 and has no gradient."""

LIGER = "0.8.5"
"""The oldest liger-kernel whose gradients are known to be right for losses of single tokens."""


@dataclass(frozen=True, slots=True)
class Head:
    """A language-model head: logits z = softcap * tanh(s / softcap), s = scale * (h W^T + b)."""

    weight: Tensor
    """W. [V, H]"""
    bias: Tensor | None = None
    """b; None for none. [V]"""
    softcap: float | None = None
    """The bound on logits' size; None for none."""
    scale: float = 1.0
    """What logits are multiplied by before they are capped."""


def head_of(model: Any) -> Head:
    """Read the head of a transformers model.

    Knows soft-capped logits (Gemma 2 and 3), multiplied ones (Cohere) and divided ones (Granite).
    For another family, first compare with the model's own logits.
    """
    linear, config = model.get_output_embeddings(), model.config.get_text_config()
    return Head(
        weight=linear.weight,
        bias=getattr(linear, "bias", None),
        softcap=getattr(config, "final_logit_softcapping", None),
        scale=getattr(config, "logit_scale", None) or 1 / getattr(config, "logits_scaling", 1),
    )


def log_probabilities(
    hidden: Tensor, targets: Tensor, head: Head, settings: KernelSettings
) -> Tensor:
    """Give each target's log-probability, by the kernel that the settings name.

    Under bfloat16 autocast the last norm gives float32 states, which would make the head, the
    largest product of all, a float32 one. Like any linear layer there, it gets bfloat16; sums stay
    float32.
    """
    hidden = hidden.to(_narrowed(hidden))
    if _takes_liger(hidden, head, settings):
        return liger_logprobs(hidden, targets, head)
    return token_logprobs(
        hidden,
        head.weight,
        targets,
        bias=head.bias,
        softcap=head.softcap,
        scale=head.scale,
        tile=(settings.token_chunk, settings.vocabulary_chunk),
    )


def token_logprobs(
    hidden: Tensor,
    head_weight: Tensor,
    targets: Tensor,
    *,
    bias: Tensor | None = None,
    softcap: float | None = None,
    scale: float = 1.0,
    tile: tuple[int, int] = (1024, 8192),
) -> Tensor:
    """Give each target's log-probability, tile by tile.

    log p(y | h) = z_y - log sum_v exp(z_v), with logits z as in `Head`. Sums are kept in
    float32 whatever the inputs are, or in float64 if `hidden` is. There are only first
    derivatives.
    """
    result: Tensor = _TokenLogprobs.apply(hidden, head_weight, bias, targets, softcap, scale, tile)
    return result


def liger_logprobs(hidden: Tensor, targets: Tensor, head: Head) -> Tensor:
    """Give each target's log-probability, by liger's fused kernel."""
    from liger_kernel.transformers import LigerFusedLinearCrossEntropyLoss

    fused = LigerFusedLinearCrossEntropyLoss(
        ignore_index=IGNORED, reduction="none", softcap=head.softcap, accum_dtype=torch.float32
    )
    losses: Tensor = fused(head.weight, hidden.to(head.weight.dtype), targets, head.bias)
    return -losses.float()


def _narrowed(hidden: Tensor) -> torch.dtype:
    """Find the type in which autocast wants products of these states."""
    kind = hidden.device.type
    narrow = torch.is_autocast_enabled(kind) and hidden.dtype == torch.float32
    wanted = torch.get_autocast_dtype(kind) if narrow else hidden.dtype
    return wanted if wanted == torch.bfloat16 else hidden.dtype


def _takes_liger(hidden: Tensor, head: Head, settings: KernelSettings) -> bool:
    if settings.kernel == "chunked":
        return False
    problem = None
    if not hidden.is_cuda:
        problem = "works on NVIDIA GPUs only"
    elif not _has_liger():
        problem = f"needs liger-kernel {LIGER} or newer"
    elif head.scale != 1:
        problem = "cannot scale this model's logits"
    if problem and settings.kernel == "liger":
        raise UserError(f"`kernel: liger` {problem}; use `kernel: chunked`.")
    # It refuses empty input, and a batch may have no targets.
    return problem is None and len(hidden) > 0


def _has_liger() -> bool:
    try:
        return Version(metadata.version("liger-kernel")) >= Version(LIGER)
    except metadata.PackageNotFoundError:
        return False


class _TokenLogprobs(torch.autograd.Function):  # type: ignore[misc]
    """`token_logprobs`, with its derivative.

    With g the gradient of log p(y | h): dL/dz_v = g (1[v = y] - p_v), dz/ds = 1 - (z / softcap)^2,
    ds/dh = scale * W, ds/dW = scale * h, ds/db = scale.
    """

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        hidden, weight, bias, targets, softcap, scale, tile = inputs
        ctx.form = softcap, scale, tile
        with torch.autocast(hidden.device.type, enabled=False):
            norm, chosen = _running_logsumexp(hidden, weight, bias, targets, ctx.form)
        ctx.save_for_backward(hidden, weight, bias, targets, norm)
        return (chosen - norm).masked_fill(targets == IGNORED, 0)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, bias, targets, norm = ctx.saved_tensors
        upstream = gradients[0].masked_fill(targets == IGNORED, 0)
        with torch.autocast(hidden.device.type, enabled=False):
            found = _gradients(
                (hidden, weight, bias, targets), norm, upstream, ctx.form, ctx.needs_input_grad[:3]
            )
        return *found, None, None, None, None


def _running_logsumexp(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, form: Any
) -> tuple[Tensor, Tensor]:
    """Give each token's log-sum-exp over the vocabulary, and its target's logit, both [N]."""
    highest = torch.full((len(hidden),), -torch.inf, dtype=_wide(hidden), device=hidden.device)
    total, chosen = torch.zeros_like(highest), torch.zeros_like(highest)
    for words in _chunks(len(weight), form[2][1]):
        for tokens in _chunks(len(hidden), form[2][0]):
            logits = _logits(hidden[tokens], weight[words], _part(bias, words), form)
            before = highest[tokens]
            now = torch.maximum(before, logits.amax(1))
            here, place = _inside(targets[tokens], words)
            chosen[tokens] += logits.gather(1, place[:, None])[:, 0] * here
            tile_total = logits.sub_(now[:, None]).exp_().sum(1)
            total[tokens] = total[tokens] * (before - now).exp() + tile_total
            highest[tokens] = now
    return highest + total.log(), chosen


def _gradients(
    inputs: tuple[Tensor, Tensor, Tensor | None, Tensor],
    norm: Tensor,
    upstream: Tensor,
    form: Any,
    needed: tuple[bool, bool, bool],
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Give the gradients of hidden states, weight and bias, each where it is needed."""
    hidden, weight, bias, targets = inputs
    softcap, scale, (token_chunk, word_chunk) = form
    to_hidden = torch.zeros_like(hidden, dtype=_wide(hidden)) if needed[0] else None
    to_weight = torch.empty_like(weight) if needed[1] else None
    to_bias = torch.empty_like(bias) if bias is not None and needed[2] else None
    for words in _chunks(len(weight), word_chunk):
        # The outer loop is over words, so that wide sums over tokens are kept for one chunk only.
        rows = torch.zeros_like(weight[words], dtype=_wide(hidden)) if needed[1] else None
        column = torch.zeros(len(weight[words]), dtype=_wide(hidden), device=hidden.device)
        for tokens in _chunks(len(hidden), token_chunk):
            logits = _logits(hidden[tokens], weight[words], _part(bias, words), form)
            slope = scale if softcap is None else scale * (1 - (logits / softcap).square())
            here, place = _inside(targets[tokens], words)
            logits.sub_(norm[tokens, None]).exp_().neg_()
            logits.scatter_add_(1, place[:, None], here[:, None].to(logits.dtype))
            logits.mul_(upstream[tokens, None]).mul_(slope)
            if to_hidden is not None:
                to_hidden[tokens] += _product(logits, weight[words], hidden.dtype)
            if rows is not None:
                rows += _product(logits.T, hidden[tokens], hidden.dtype)
            column += logits.sum(0)
        if to_weight is not None:
            to_weight[words] = rows
        if to_bias is not None:
            to_bias[words] = column
    return to_hidden.to(hidden.dtype) if to_hidden is not None else None, to_weight, to_bias


def _logits(hidden: Tensor, weight: Tensor, bias: Tensor | None, form: Any) -> Tensor:
    softcap, scale, _ = form
    logits = _product(hidden, weight.T, hidden.dtype)
    if bias is not None:
        logits += bias
    if scale != 1:
        logits *= scale
    return logits if softcap is None else logits.div_(softcap).tanh_().mul_(softcap)


def _product(left: Tensor, right: Tensor, narrow: torch.dtype) -> Tensor:
    """Multiply matrices with wide sums; bfloat16 on a GPU uses the tensor cores."""
    if narrow == torch.bfloat16:
        right = right.to(narrow)  # Weights that are trained are float32.
        if left.is_cuda:
            return torch.mm(left.to(narrow), right, out_dtype=torch.float32)
    wide = torch.float64 if narrow == torch.float64 else torch.float32
    return torch.mm(left.to(wide), right.to(wide))


def _wide(hidden: Tensor) -> torch.dtype:
    return torch.float64 if hidden.dtype == torch.float64 else torch.float32


def _chunks(total: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def _part(bias: Tensor | None, words: slice) -> Tensor | None:
    return None if bias is None else bias[words]


def _inside(targets: Tensor, words: slice) -> tuple[Tensor, Tensor]:
    """Find which targets are in a chunk of the vocabulary, and where in it (0 if they are not)."""
    here = (targets >= words.start) & (targets < words.stop)
    return here, (targets - words.start) * here
