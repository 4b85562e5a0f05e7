"""One of several data-parallel processes, started by test_data_parallel.py."""

import json
import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from tests.scripted_lm import ScriptedLM, evaluate

DOCUMENTS = 15
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "uneven shards": ({}, {"limit": DOCUMENTS}),
    "unsorted samples": ({}, {"samples": {"ptr_gsm8k": [9, 1, 12, 0, 5]}}),
    "two dialogues each": ({"ptr_samples": 2}, {"limit": 3}),
}
"""Settings and options to evaluate with, by name."""


class RankLM(ScriptedLM):
    """A scripted model that knows of its fellow processes, as lm-eval's own backends do."""

    def __init__(self) -> None:
        super().__init__()
        self._rank, self._world_size = dist.get_rank(), dist.get_world_size()
        self._device = torch.device("cpu")

    def all_gather(self, tensor: Any) -> Any:
        gathered = [torch.zeros_like(tensor) for _ in range(self.world_size)]
        dist.all_gather(gathered, tensor)
        return torch.stack(gathered)

    def gather_object(self, obj: Any, dst: int = 0) -> list[Any] | None:
        gathered = [None] * self.world_size if self.rank == dst else None
        dist.gather_object(obj, gathered, dst=dst)
        return gathered

    def barrier(self) -> None:
        dist.barrier()


def main() -> None:
    rank, world, meeting, data, out = sys.argv[1:]
    dist.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=int(rank), world_size=int(world)
    )
    found = {}
    for name, (settings, options) in CASES.items():
        lm = RankLM()
        chosen = {"ptr_data": data, "ptr_scorers": "strict", **settings}
        results = evaluate(lm, chosen, **options) or {}
        found[name] = {
            "asked": len(set(lm.prompts)),
            "results": results.get("results"),
            "samples": results.get("samples"),
        }
    Path(f"{out}{rank}.json").write_text(json.dumps(found, default=str), encoding="utf-8")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
