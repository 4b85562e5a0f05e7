"""What the tiled loss saves: peak memory and time beside the form that holds all logits.

Each measurement is a process of its own: the mean negative log-likelihood once forwards and
backwards, hidden states and head both with a gradient. Memory is the peak above what the inputs
take: of the process on a CPU (on Linux), of torch's allocator on a GPU. The two forms take turns;
a ratio is the median over the pairs. On a CPU that has other work to do, `--clock processor` with
OMP_NUM_THREADS=1 counts only the seconds that went into the loss.

    python benchmarks/loss_memory.py [--vocabulary 32768 131072] [--tokens 4096] [--hidden 256]
        [--dtype fp32 bf16] [--form chunked liger] [--pairs 3] [--clock processor]
"""

import argparse
import re
import statistics
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from ptr_train.logprobs import Head, liger_logprobs, token_logprobs

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def logprobs(form: str, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Give log-probabilities by one of the forms.

    Args:
        form: `unfused` holds all logits, in float32 as trainers do; `chunked` is ours; `liger`.
        hidden: Hidden states. [N, H]
        weight: The head. [V, H]
        targets: The tokens. [N]

    Returns:
        The log-probabilities. [N]
    """
    if form == "chunked":
        return token_logprobs(hidden, weight, targets)
    if form == "liger":
        return liger_logprobs(hidden, targets, Head(weight))
    logits = (hidden @ weight.T).float()
    return -torch.nn.functional.cross_entropy(logits, targets, reduction="none")


def peak(device: str) -> int:
    """Say how much memory was in use at most since `forget`.

    Args:
        device: Where.

    Returns:
        Bytes.
    """
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def forget(device: str) -> None:
    """Set the peak back to what is in use now.

    Args:
        device: Where.
    """
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5")


def measure(form: str, words: int, tokens: int, options: argparse.Namespace) -> None:
    """Print the MiB and seconds that one loss takes, with its gradients.

    Args:
        form: Which form.
        words: The size of the vocabulary.
        tokens: How many tokens.
        options: The command line, with one hidden size and one dtype.
    """
    device, dtype, width = options.device, DTYPES[options.dtype[0]], options.hidden[0]
    now = time.process_time if options.clock == "processor" else time.monotonic
    torch.manual_seed(0)

    def work(words: int, tokens: int) -> tuple[int, float]:
        hidden = torch.randn(tokens, width, device=device, dtype=dtype).requires_grad_()
        weight = torch.randn(words, width, device=device, dtype=dtype).requires_grad_()
        targets = torch.randint(words, (tokens,), device=device)
        forget(device)
        before, start = peak(device), now()
        loss = -logprobs(form, hidden, weight, targets).mean()
        loss.backward()
        loss.item()
        if device == "cuda":
            torch.cuda.synchronize()
        return peak(device) - before, now() - start

    work(64, 8)  # Loads and compiles what the first use does.
    if device == "cuda":
        work(words, tokens)  # Kernels are chosen by shape, and memory is taken from the driver.
    size, seconds = work(words, tokens)
    print(size / 2**20, seconds)


def run(
    form: str, case: tuple[int, int, int, str], options: argparse.Namespace
) -> tuple[float, float]:
    """Measure one form in a process of its own.

    Args:
        form: Which form.
        case: The vocabulary, the number of tokens, the hidden size and the dtype.
        options: The command line.

    Returns:
        MiB and seconds.
    """
    words, tokens, width, dtype = case
    command = [sys.executable, __file__, "--worker", form, f"--vocabulary={words}",
               f"--tokens={tokens}", f"--hidden={width}", f"--dtype={dtype}",
               f"--device={options.device}", f"--clock={options.clock}"]  # fmt: skip
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    size, seconds = map(float, done.stdout.split())
    return size, seconds


def compare(form: str, case: tuple[int, int, int, str], options: argparse.Namespace) -> None:
    """Print the line of one case.

    Args:
        form: The form that is set beside `unfused`.
        case: The vocabulary, the number of tokens, the hidden size and the dtype.
        options: The command line.
    """
    words, tokens, width, dtype = case
    ours, plain = [], []
    for turn in range(options.pairs):
        sides = [(form, ours), ("unfused", plain)]
        for name, found in sides if turn % 2 == 0 else reversed(sides):
            found.append(run(name, case, options))
    pairs = list(zip(ours, plain, strict=True))
    smaller = statistics.median(theirs[0] / mine[0] for mine, theirs in pairs)
    slower = statistics.median(mine[1] / theirs[1] for mine, theirs in pairs)
    cells = [
        f"{statistics.median(size for size, _ in found):,.0f} MiB | "
        f"{statistics.median(seconds for _, seconds in found):.3g} s"
        for found in (ours, plain)
    ]
    print(
        f"| {words:,} | {tokens:,} | {width} | {dtype} | {form} | {' | '.join(cells)} "
        f"| 1/{smaller:.1f} | {slower:.2f} |",
        flush=True,
    )


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--vocabulary", type=int, nargs="+", default=[32768, 131072])
    parser.add_argument("--tokens", type=int, nargs="+", default=[4096])
    parser.add_argument("--hidden", type=int, nargs="+", default=[256])
    parser.add_argument("--dtype", nargs="+", choices=list(DTYPES), default=list(DTYPES))
    parser.add_argument("--form", nargs="+", default=["chunked"], choices=["chunked", "liger"])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall")
    parser.add_argument("--worker", choices=["unfused", "chunked", "liger"], help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    if options.smoke:
        options.vocabulary, options.tokens, options.pairs = [8192], [512], 1
        options.dtype = ["fp32"]
    if options.worker:
        return measure(options.worker, options.vocabulary[0], options.tokens[0], options)
    device = torch.cuda.get_device_name() if options.device == "cuda" else "CPU"
    print(
        f"{device}, {torch.get_num_threads()} threads, {options.clock} time; "
        f"median of {options.pairs} pairs\n"
    )
    print(
        "| vocabulary | tokens | hidden size | dtype | form | memory | time "
        "| unfused | time | memory ratio | time ratio |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    cases = product(options.vocabulary, options.tokens, options.hidden, options.dtype)
    for case in cases:
        for form in options.form:
            compare(form, case, options)


if __name__ == "__main__":
    main()
