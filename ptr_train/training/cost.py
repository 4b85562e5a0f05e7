"""What a training costs: seconds, tokens, floating-point operations and memory."""

import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from ptr_train.records import Batch


@dataclass(slots=True)
class CostMeter:
    """Adds up what a training costs, from its first step, over all its processes."""

    flops_per_token: float
    """How many operations a token of a micro-batch takes, padding included."""
    earlier: Mapping[str, float] = field(default_factory=dict)
    """What it had cost when it was resumed."""
    started: float = field(default_factory=time.monotonic)
    """When this run of it began."""
    _tokens: Any = 0
    _computed: int = 0

    def add(self, batch: Batch) -> None:
        """Count a micro-batch."""
        self._tokens = self._tokens + (batch.segments > 0).sum()
        self._computed += batch.segments.numel()

    def total(self, accelerator: Any) -> dict[str, float]:
        """Give the cost so far; every process must call this."""
        here = torch.tensor(
            [float(self._tokens), float(self._computed), _peak_memory()],
            dtype=torch.float32 if accelerator.device.type == "mps" else torch.float64,
            device=accelerator.device,
        )
        each = accelerator.gather(here).view(-1, len(here))
        new = {
            "seconds": time.monotonic() - self.started,
            "tokens": float(each[:, 0].sum()),
            "flops": float(each[:, 1].sum()) * self.flops_per_token,
        }
        sums = {name: self.earlier.get(name, 0.0) + value for name, value in new.items()}
        peak = max(self.earlier.get("peak_memory", 0.0), float(each[:, 2].max()))
        return {**sums, "peak_memory": peak}


def cost_lines(cost: Mapping[str, float]) -> dict[str, str]:
    """Write a cost for the card."""
    return {
        "time": f"{cost['seconds']:,.0f} s",
        "tokens trained on": f"{cost['tokens']:,.0f}, without padding",
        "FLOPs": f"{cost['flops']:.3g}, with padding and without attention's products",
        "peak memory": f"{cost['peak_memory'] / 1e9:.2f} GB a process",
    }


def flops_per_token(model: Any, *, recomputing: bool) -> float:
    """Estimate the operations of a training step for one token.

    Two for each weight in the forward pass, two for the gradient of what goes into it, and two for
    its own gradient if it is trained; two more if activations are computed again.
    """
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    looked_up = embedding.weight is not head.weight  # Then it is not multiplied with.
    skipped = {id(embedding.weight)} if looked_up else set()
    sizes = [
        (getattr(weight, "ds_numel", weight.numel()), weight.requires_grad)
        for weight in model.parameters()
        if id(weight) not in skipped
    ]
    passes = 6 if recomputing else 4
    return float(sum(size * (passes + 2 * trained) for size, trained in sizes))


def _peak_memory() -> float:
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0
