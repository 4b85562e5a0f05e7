"""Running a function inside a module's forward pass.

DDP, FSDP and DeepSpeed do their work (gathering weights, reducing gradients) in hooks around a
module's call. The loss needs what these hooks bring about, but not what `forward` computes, so
another function is run in its place. Lightning's and TRL's `_ForwardRedirection` do the same.
"""

from collections.abc import Callable
from typing import Any

import torch


def redirect_forward(
    wrapper: torch.nn.Module, module: torch.nn.Module, function: Callable[..., Any], *inputs: Any
) -> Any:
    """Call a wrapped module so that a function runs in the place of its forward pass."""
    before = vars(module).get("forward")

    def forward(*arguments: Any) -> Any:
        _restore(module, before)  # What the function calls finds the module as it was.
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
