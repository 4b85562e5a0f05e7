"""Graded MATH answers per second: our scorer against plain math-verify.

Both grade the same answers, turn by turn in one run, so that other load on the machine slows
both equally: the recorded MATH-500 samples if PTR_GRADERS names their folder, else made-up
fractions. math-verify is called as its manual shows, with its own time limits. Not a test:
prints figures, asserts nothing.

    python benchmarks/maths_throughput.py [--rounds 3] [--samples 500]
"""

import argparse
import gzip
import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ptr_eval.scoring.maths import compare, score_maths_batch
from ptr_eval.scoring.maths.pool import shared_pool

Pairs = list[tuple[str, str]]


def load(count: int) -> Pairs:
    """Load what is graded.

    Args:
        count: How many samples, spread evenly over the file.

    Returns:
        Pairs of response and right answer.
    """
    folder = os.environ.get("PTR_GRADERS")
    if folder is None:
        made_up = range(2, 2 + count)
        return [
            (rf"So it is \boxed{{{2 * n}/{2 * n + 2}}}.", rf"\frac{{{n}}}{{{n + 1}}}")
            for n in made_up
        ]
    path = Path(folder, "math500_qwen2_7b_samples.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    pairs = [(answer, row["answer"]) for row in rows for answer in row["assistant_answer"]]
    return pairs[:: max(1, len(pairs) // count)][:count]


def renew(workers: int) -> None:
    """Start fresh workers, warm but remembering nothing.

    Args:
        workers: How many.
    """
    shared_pool().close()
    compare._compare_cached.cache_clear()
    others = [str(number) for number in range(4 * workers)]
    score_maths_batch(
        [rf"\boxed{{z^2+{n}}}" for n in others], [f"{n}+z^2" for n in others], workers=workers
    )


def ours(pairs: Pairs, workers: int) -> list[bool]:
    """Grade with our scorer.

    Args:
        pairs: What is graded.
        workers: How many at once.

    Returns:
        Whether each is correct.
    """
    scores = score_maths_batch(*map(list, zip(*pairs, strict=True)), workers=workers)
    return [score.verdict == "correct" for score in scores]


def theirs(pairs: Pairs) -> list[bool]:
    """Grade with math-verify alone.

    Args:
        pairs: What is graded.

    Returns:
        Whether each is correct.
    """
    from math_verify import parse, verify

    return [bool(verify(parse(f"${gold}$"), parse(response))) for response, gold in pairs]


def timed(grade: Callable[[Pairs], list[bool]], pairs: Pairs) -> tuple[float, list[bool]]:
    """Measure one grader.

    Args:
        grade: The grader.
        pairs: What is graded.

    Returns:
        Answers per second, and the verdicts.
    """
    start = time.perf_counter()
    verdicts = grade(pairs)
    return len(pairs) / (time.perf_counter() - start), verdicts


def main() -> None:
    """Run the rounds and print the rates, the ratios and the agreement."""
    parser = argparse.ArgumentParser(description="MATH answers graded per second.")
    parser.add_argument("--rounds", type=int, default=3, help="times each grader runs")
    parser.add_argument("--samples", type=int, default=500, help="recorded answers graded")
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.rounds, arguments.samples = 1, 20
    logging.disable(logging.CRITICAL)
    cores = len(os.sched_getaffinity(0))
    pairs = load(arguments.samples)
    theirs(pairs[:20])
    lines = [f"{len(pairs)} answers, {cores} cores"]
    ratios: dict[int, list[float]] = {1: [], cores: []}
    for number in range(1, arguments.rounds + 1):
        plain_rate, plain = timed(theirs, pairs)
        for workers, measured in ratios.items():
            renew(workers)
            rate, own = timed(partial(ours, workers=workers), pairs)
            measured.append(rate / plain_rate)
            agreed = sum(a == b for a, b in zip(own, plain, strict=True))
            lines.append(
                f"round {number}, {workers} workers: ours {rate:.0f}/s, math-verify "
                f"{plain_rate:.0f}/s, ratio {measured[-1]:.2f}, agreed on {agreed}; correct: "
                f"ours {sum(own)}, math-verify {sum(plain)}"
            )
    for workers, measured in ratios.items():
        lines.append(f"median ratio with {workers} workers: {statistics.median(measured):.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
