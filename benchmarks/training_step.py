"""Time and memory of a training step: this project's losses beside TRL's plain fine-tuning.

All train the same made-up model on the same batches, in a process of its own each: rows of two
thoughts and an answer, of which the answer counts. `masked_ce` is the very loss that TRL computes;
the last column shows it. The processes take turns, one step each, so that each round compares steps
of the same minute; a ratio of time is the median over rounds. A step is everything from the end of
the one before: fetching the batch, forwards, backwards, the optimizer. On a CPU that has other work
to do, `--clock processor` with OMP_NUM_THREADS=1 counts only the seconds that went into the step.

    python benchmarks/training_step.py [--size 0.1B] [--dtype fp32 bf16] [--steps 5]
        [--batch 4] [--length 512] [--methods masked_ce hidden token] [--clock processor]
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

METHODS = {
    "trl": "plain fine-tuning, TRL's SFTTrainer",
    "masked_ce": "ptr, the answer's likelihood alone",
    "hidden": "ptr, with consistency of hidden states and confidence",
    "token": "ptr, with consistency token by token and confidence",
}
# Vocabulary, hidden size, inner size, layers, heads, heads of keys and values.
SIZES = {
    "0.02B": (32_768, 256, 768, 4, 4, 4),
    "0.1B": (32_768, 768, 2048, 10, 12, 12),
    "0.5B": (151_936, 896, 4864, 24, 14, 2),
    "1B": (128_256, 2048, 8192, 16, 32, 8),
}
WARM_UP = 2
TINY = Path(__file__).parents[1] / "examples" / "tiny" / "models" / "base"


def shape(size: str) -> dict[str, int]:
    """Give a model's shape.

    Args:
        size: One of `SIZES`.

    Returns:
        What a Llama configuration takes.
    """
    names = (
        "vocab_size",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
    )
    return dict(zip(names, SIZES[size], strict=True))


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


class Turns:
    """Waits for a line before each step and prints its seconds; a callback of `Trainer`."""

    def __init__(self, clock: str) -> None:
        self._clock = clock
        self._start = 0.0

    def _wait(self) -> None:
        sys.stdin.readline()
        self._start = _now(self._clock)

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Say that everything is loaded, and wait for the first turn."""
        print("ready", flush=True)
        self._wait()

    def on_step_end(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        """Print the step's seconds, and wait for the next turn."""
        print(f"{_now(self._clock) - self._start}", flush=True)
        if state.global_step < state.max_steps:
            self._wait()


def train(method: str, options: argparse.Namespace) -> None:
    """Train step by step, and print the peak of memory in MiB and the mean loss.

    Args:
        method: One of `METHODS`.
        options: The command line, with one size and one dtype.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, TrainerCallback
    from transformers.utils import logging

    logging.disable_progress_bar()
    gpu = torch.cuda.is_available() and not options.cpu
    torch.manual_seed(0)
    given = shape(options.size)
    model = LlamaForCausalLM(LlamaConfig(**given, attn_implementation="sdpa"))
    steps = options.steps + WARM_UP
    with tempfile.TemporaryDirectory() as scratch:
        common = {
            "output_dir": scratch,
            "max_steps": steps,
            "learning_rate": 1e-4,  # Their defaults differ.
            "per_device_train_batch_size": options.batch,
            "bf16": options.dtype == "bf16",
            "use_cpu": not gpu,
            "save_strategy": "no",
            "logging_strategy": "no",
            "report_to": [],
            "disable_tqdm": True,
        }
        made = rows(options.batch * steps, options.length, given["vocab_size"])
        make = _plain if method == "trl" else _ours
        trainer = make(method, model, made, common)
        trainer.add_callback(type("Callback", (Turns, TrainerCallback), {})(options.clock))
        before = _memory()
        loss = trainer.train().training_loss
    peak = torch.cuda.max_memory_allocated() / 2**20 if gpu else _memory() - before
    print(peak, loss, flush=True)


def _plain(method: str, model: Any, given: list[Any], common: dict[str, Any]) -> Any:
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    columns = {
        "input_ids": [row.input_ids for row in given],
        "completion_mask": [[int(weight) for weight in row.weights] for row in given],
    }
    return SFTTrainer(
        model=model,
        args=SFTConfig(
            **common, gradient_checkpointing=False, max_length=None, completion_only_loss=True
        ),
        train_dataset=Dataset.from_dict(columns),
        # Rows are encoded already; it only pads.
        processing_class=AutoTokenizer.from_pretrained(TINY),
    )


def _ours(method: str, model: Any, given: list[Any], common: dict[str, Any]) -> Any:
    from transformers import TrainingArguments

    from ptr_train.config import SaveSettings
    from ptr_train.objectives import KernelSettings, PtrSettings, make_objective, make_weights
    from ptr_train.training.cost import CostMeter
    from ptr_train.training.row_dataset import RowCollator
    from ptr_train.training.sampling import StepSampler
    from ptr_train.training.trainer import LossSpec, ObjectiveTrainer, TrainerHooks

    loss = (
        PtrSettings(variant="masked_ce")
        if method == "masked_ce"
        else PtrSettings(consistency=method)
    )
    args = TrainingArguments(**common, remove_unused_columns=False, label_names=[])
    return ObjectiveTrainer(
        LossSpec(make_objective(loss), make_weights(loss), KernelSettings()),
        TrainerHooks(
            begin=lambda _: None,
            finish=lambda *_: None,
            evaluate=None,
            save=SaveSettings(),
            sampler=StepSampler([len(row.input_ids) for row in given], args.seed, None),
            cost=CostMeter(0.0),
        ),
        model=model,
        args=args,
        train_dataset=[[row] for row in given],
        data_collator=RowCollator(pad_id=0),
    )


def _now(clock: str) -> float:
    import torch

    if clock == "processor":
        return time.process_time()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def _memory() -> float:
    """Give the most memory that this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def compare(dtype: str, options: argparse.Namespace) -> None:
    """Train by all methods in turns, and print one line a method.

    Args:
        dtype: `fp32`, or `bf16` for autocast to bfloat16; the weights are float32.
        options: The command line.
    """
    methods = ["trl", *options.methods]
    same = ("size", "steps", "batch", "length", "clock")
    chosen = [f"--{name}={getattr(options, name)}" for name in same]
    chosen += [f"--dtype={dtype}", *["--cpu"] * options.cpu]
    workers = {
        method: subprocess.Popen(
            [sys.executable, __file__, f"--worker={method}", *chosen],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for method in methods
    }  # fmt: skip
    try:
        for worker in workers.values():
            while _line(worker) != "ready":
                pass
        rounds = [_round(workers, turn) for turn in range(options.steps + WARM_UP)][WARM_UP:]
        ends = {method: _numbers(worker) for method, worker in workers.items()}
    finally:
        for worker in workers.values():
            worker.kill()
            worker.wait()
    for method in methods:
        seconds = statistics.median(times[method] for times in rounds)
        ratio = statistics.median(times[method] / times["trl"] for times in rounds)
        memory, loss = ends[method]
        print(
            f"| {METHODS[method]} | {SIZES[options.size][1]} | {dtype} | {seconds:.3f} s "
            f"| {ratio:.2f} | {memory:,.0f} MiB | {memory / ends['trl'][0]:.2f} | {loss:.4f} |",
            flush=True,
        )


def _round(workers: dict[str, Any], turn: int) -> dict[str, float]:
    """Let each worker take one step; the order changes from round to round."""
    order = list(workers)
    order = order[turn % len(order) :] + order[: turn % len(order)]
    times = {}
    for method in order:
        workers[method].stdin.write("go\n")
        workers[method].stdin.flush()
        (times[method],) = _numbers(workers[method])
    return times


def _numbers(worker: Any) -> list[float]:
    """Read a line of numbers; trainers print lines of their own between them."""
    while True:
        try:
            return [float(word) for word in _line(worker).split()]
        except ValueError:
            continue


def _line(worker: Any) -> str:
    line = worker.stdout.readline()
    if not line:
        raise SystemExit(f"{' '.join(worker.args)} ended with status {worker.wait()}.")
    return str(line).strip()


def main() -> None:
    """Print what is compared, and one line a method."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    gpu = torch.cuda.is_available()
    parser.add_argument("--size", choices=SIZES, default="0.5B" if gpu else "0.1B")
    parser.add_argument("--dtype", nargs="+", choices=["fp32", "bf16"], default=["fp32", "bf16"])
    parser.add_argument("--methods", nargs="+", choices=list(METHODS)[1:], default=["masked_ce"])
    parser.add_argument("--steps", type=int, default=5, help="rounds that are timed")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall")
    parser.add_argument("--worker", choices=METHODS, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    if options.worker:
        (options.dtype,) = options.dtype
        return train(options.worker, options)
    if options.smoke:
        options.steps, options.batch, options.length, options.size = 1, 1, 32, "0.02B"
        options.dtype, options.methods = ["fp32"], ["hidden"]
    given = shape(options.size)
    device = torch.cuda.get_device_name() if gpu and not options.cpu else "CPU"
    print(
        f"{options.size}: hidden size {given['hidden_size']}, {given['num_hidden_layers']} layers, "
        f"vocabulary {given['vocab_size']:,}; {options.batch} rows of {options.length} tokens; "
        f"{device}, {torch.get_num_threads()} threads, {options.clock} time; "
        f"median of {options.steps} rounds\n"
    )
    print("| | hidden size | dtype | step | ratio | memory | ratio | mean loss |")
    print("|---|---|---|---|---|---|---|---|")
    for dtype in options.dtype:
        compare(dtype, options)


if __name__ == "__main__":
    main()
