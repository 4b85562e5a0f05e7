"""Time and memory of a training step: this project's losses against TRL's plain fine-tuning.

Both train the same made-up model on the same batch, in a process of its own each: rows of two
thoughts and an answer, of which the answer counts. `masked_ce` is the very loss that TRL
computes. On a machine with a GPU that is used, in bfloat16, with the shape of a 0.5B model.

    python benchmarks/training_step.py [--steps 8] [--batch 4] [--length 512]
"""

import argparse
import resource
import subprocess
import sys
import time
from typing import Any

METHODS = {
    "trl": "plain fine-tuning, TRL's SFTTrainer",
    "masked_ce": "ptr, the answer's likelihood alone",
    "hidden": "ptr, with consistency of hidden states and confidence",
    "token": "ptr, with consistency token by token and confidence",
}
WARM_UP = 2


def shape(gpu: bool) -> dict[str, int]:
    """Choose the model.

    Args:
        gpu: Whether there is a GPU.

    Returns:
        What a Llama configuration takes: about 0.5 billion parameters, or 20 million.
    """
    if gpu:
        return {
            "vocab_size": 151_936,
            "hidden_size": 896,
            "intermediate_size": 4864,
            "num_hidden_layers": 24,
            "num_attention_heads": 14,
            "num_key_value_heads": 2,
        }
    return {
        "vocab_size": 32_768,
        "hidden_size": 256,
        "intermediate_size": 768,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
    }


def rows(count: int, length: int, vocabulary: int) -> list[Any]:
    """Make rows: a question, two thoughts and an answer, each a quarter.

    Args:
        count: How many.
        length: Their length, in tokens.
        vocabulary: The number of words to draw from.

    Returns:
        The rows, encoded.
    """
    import numpy as np

    from ptr_train.records import Attempt, EncodedRow

    rng, part = np.random.default_rng(0), length // 4
    attempts = tuple(Attempt(part * n, part * (n + 1)) for n in (1, 2, 3))
    weights = [0.0] * (3 * part) + [1.0] * part
    return [
        EncodedRow(f"{n}", "ptr", rng.integers(5, vocabulary, 4 * part).tolist(), weights, attempts)
        for n in range(count)
    ]


class Clock:
    """Times optimizer steps; a callback of `transformers.Trainer`, made one in `measure`."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self._start = 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start."""
        self._start = _now()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Stop."""
        self.steps.append(_now() - self._start)


def measure(method: str, steps: int, batch: int, length: int) -> None:
    """Train some steps, and print the median step's seconds and the peak of memory in MiB.

    Args:
        method: One of `METHODS`.
        steps: How many to time.
        batch: How many rows a step takes.
        length: The rows' length, in tokens.
    """
    import statistics

    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, TrainerCallback
    from transformers.utils import logging

    logging.disable_progress_bar()
    gpu = torch.cuda.is_available()
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**shape(gpu), attn_implementation="sdpa"))
    clock = type("Callback", (Clock, TrainerCallback), {})()
    given = rows(batch * (steps + WARM_UP), length, shape(gpu)["vocab_size"])
    common = {
        "output_dir": "/nonexistent",
        "max_steps": steps + WARM_UP,
        "per_device_train_batch_size": batch,
        "bf16": gpu,
        "use_cpu": not gpu,
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
    }
    make = _plain if method == "trl" else _ours
    trainer = make(method, model, given, common)
    trainer.add_callback(clock)
    before = _memory()
    trainer.train()
    peak = torch.cuda.max_memory_allocated() / 2**20 if gpu else _memory() - before
    sys.stdout.write(f"{statistics.median(clock.steps[WARM_UP:])} {peak}\n")


def _plain(method: str, model: Any, given: list[Any], common: dict[str, Any]) -> Any:
    import tempfile
    from pathlib import Path

    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    tiny = Path(__file__).parents[1] / "examples" / "tiny" / "models" / "base"
    with tempfile.TemporaryDirectory() as scratch:
        common["output_dir"] = scratch
        columns = {
            "input_ids": [row.input_ids for row in given],
            "completion_mask": [[int(weight) for weight in row.weights] for row in given],
        }
        return SFTTrainer(
            model=model,
            args=SFTConfig(
                **common,
                gradient_checkpointing=False,
                max_length=None,
                completion_only_loss=True,
            ),
            train_dataset=Dataset.from_dict(columns),
            # Rows are encoded already; it only pads.
            processing_class=AutoTokenizer.from_pretrained(tiny),
        )


def _ours(method: str, model: Any, given: list[Any], common: dict[str, Any]) -> Any:
    import tempfile

    from transformers import TrainingArguments

    from ptr_train.config import SaveSettings
    from ptr_train.objectives import KernelSettings, PtrSettings, make_objective, make_weights
    from ptr_train.training.row_dataset import RowCollator
    from ptr_train.training.trainer import LossSpec, ObjectiveTrainer, TrainerHooks

    loss = (
        PtrSettings(variant="masked_ce")
        if method == "masked_ce"
        else PtrSettings(consistency=method)
    )
    common["output_dir"] = tempfile.gettempdir()
    return ObjectiveTrainer(
        LossSpec(make_objective(loss), make_weights(loss), KernelSettings()),
        TrainerHooks(lambda _: None, lambda *_: None, None, SaveSettings()),
        model=model,
        args=TrainingArguments(**common, remove_unused_columns=False, label_names=[]),
        train_dataset=[[row] for row in given],
        data_collator=RowCollator(pad_id=0),
    )


def _now() -> float:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def _memory() -> float:
    """Give the most memory that this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    """Print one line a method."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--method", choices=METHODS, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    methods = METHODS
    if options.smoke:
        options.steps, options.batch, options.length = 1, 1, 32
        methods = {name: METHODS[name] for name in ("trl", "hidden")}
    if options.method:
        measure(options.method, options.steps, options.batch, options.length)
        return
    print("| | step | ratio | memory | ratio |\n|---|---|---|---|---|")
    first: tuple[float, float] | None = None
    for method, title in methods.items():
        arguments = (f"--{name}={getattr(options, name)}" for name in ("steps", "batch", "length"))
        done = subprocess.run(
            [sys.executable, __file__, f"--method={method}", *arguments],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        seconds, memory = map(float, done.stdout.splitlines()[-1].split())
        first = first or (seconds, memory)
        print(
            f"| {title} | {seconds:.3f} s | {seconds / first[0]:.2f} | {memory:,.0f} MiB "
            f"| {memory / first[1]:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
