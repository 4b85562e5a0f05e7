"""Runs a function in place of a module's forward pass.

DDP, FSDP and DeepSpeed gather weights and reduce gradients in hooks around a module's call. The
loss needs these hooks, but not what `forward` computes, so another function runs in its place.
Lightning's and TRL's `_ForwardRedirection` do the same.
"""

from collections.abc import Callable
from typing import Any

import torch


def redirect_forward(
    wrapper: torch.nn.Module, module: torch.nn.Module, function: Callable[..., Any], *inputs: Any
) -> Any:
    """Call a wrapped module, with a function in place of its forward pass."""
    before = vars(module).get("forward")

    def forward(*arguments: Any) -> Any:
        _restore(module, before)  # The function may itself call the module.
        return function(*arguments)

    module.forward = forward
    try:
        return wrapper(*inputs)
    finally:
        _restore(module, before)


def _restore(module: torch.nn.Module, before: Any) -> None:
    if before is None:
        vars(module).pop("forward", None)
    else:
        module.forward = before
