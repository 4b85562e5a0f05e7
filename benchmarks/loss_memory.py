"""What the tiled loss saves: peak memory and time beside the form that holds all logits.

Each case is a process of its own: the mean negative log-likelihood once forwards and backwards,
hidden states and head both with a gradient. Memory is the peak above what the inputs take: of
the process on a CPU (on Linux), of torch's allocator on a GPU.

    python benchmarks/loss_memory.py [--vocabulary 32768 131072] [--tokens 1024 2048 4096]
"""

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import Tensor

from ptr_train.logprobs import Head, liger_logprobs, token_logprobs


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
        torch.cuda.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5")


def measure(form: str, words: int, tokens: int, options: argparse.Namespace) -> None:
    """Print the MiB and seconds that one loss takes, with its gradients.

    Args:
        form: Which form.
        words: The size of the vocabulary.
        tokens: How many tokens.
        options: The command line.
    """
    device, dtype = options.device, getattr(torch, options.dtype)
    torch.manual_seed(0)

    def work(words: int, tokens: int) -> tuple[int, float]:
        hidden = torch.randn(tokens, options.hidden, device=device, dtype=dtype).requires_grad_()
        weight = torch.randn(words, options.hidden, device=device, dtype=dtype).requires_grad_()
        targets = torch.randint(words, (tokens,), device=device)
        forget(device)
        before, start = peak(device), time.monotonic()
        loss = -logprobs(form, hidden, weight, targets).mean()
        loss.backward()
        loss.item()
        return peak(device) - before, time.monotonic() - start

    work(64, 8)  # Loads and compiles what the first use does.
    size, seconds = work(words, tokens)
    print(size / 2**20, seconds)


def run(form: str, words: int, tokens: int) -> tuple[float, float]:
    """Measure one case in a process of its own.

    Args:
        form: Which form.
        words: The size of the vocabulary.
        tokens: How many tokens.

    Returns:
        MiB and seconds.
    """
    command = [sys.executable, *sys.argv, "--case", form, str(words), str(tokens)]
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    size, seconds = map(float, done.stdout.split())
    return size, seconds


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--vocabulary", type=int, nargs="+", default=[32768, 131072])
    parser.add_argument("--tokens", type=int, nargs="+", default=[1024, 2048, 4096])
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--form", default="chunked", choices=["chunked", "liger"])
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    if options.smoke:
        options.vocabulary, options.tokens = [8192], [512]
    if options.case:
        form, words, tokens = options.case
        return measure(form, int(words), int(tokens), options)
    form = options.form
    print(f"| vocabulary | tokens | {form} | time | unfused | time | memory ratio | time ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for words in options.vocabulary:
        for tokens in options.tokens:
            ours, seconds = run(form, words, tokens)
            theirs, plain = run("unfused", words, tokens)
            print(
                f"| {words:,} | {tokens:,} | {ours:,.0f} MiB | {seconds:.2f} s "
                f"| {theirs:,.0f} MiB | {plain:.2f} s "
                f"| 1/{theirs / ours:.1f} | {seconds / plain:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
