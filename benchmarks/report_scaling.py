"""How a report's time and memory grow with the number of answers.

A made-up model answers a made-up split of GSM8K, lm-eval scores its answers and writes the runs,
and the runs are reported. Beside it: what merely parsing the same samples files takes, row by
row with `json`, which any analysis must do.

    python benchmarks/report_scaling.py [--questions 100 1000] [--checkpoints 10] [--keep FOLDER]
"""

import argparse
import json
import logging
import random
import re
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

from ptr_eval.catalog import tasks_path

TASK = "ptr_gsm8k"
WORDS = "the of and to in is that for it as was with be by on not he his but at are this".split()


def write_questions(folder: Path, count: int) -> None:
    """Write a made-up split of GSM8K; the answer to the question [q7] is 7.

    Args:
        folder: The folder of benchmark files.
        count: How many questions.
    """
    path = folder / "gsm8k" / "test.jsonl"
    path.parent.mkdir(parents=True)
    rng = random.Random(0)
    with path.open("w") as file:
        for number in range(count):
            question = f"[q{number}] {' '.join(rng.choices(WORDS, k=60))}?"
            row = {"question": question, "answer": f"Count.\n#### {number}"}
            file.write(json.dumps(row) + "\n")


class MadeUpModel(LM):
    """Gives answers of 90 words, a share of them right.

    Args:
        ability: The share of right answers.
        seed: Makes its answers differ from another model's.
    """

    def __init__(self, ability: float, seed: int) -> None:
        super().__init__()
        self.ability = ability
        self.seed = seed

    def generate_until(self, requests: list[Any]) -> list[str]:
        """Answer prompts."""
        return [self._respond(request.args[0]) for request in requests]

    def _respond(self, prompt: str) -> str:
        rng = random.Random(f"{self.seed} {prompt}")
        text = " ".join(rng.choices(WORDS, k=90))
        number = re.findall(r"\[q(\d+)\]", prompt)[-1]
        if rng.random() < self.ability:
            return f"{text}. The answer is {number}."
        return rng.choice([f"{text}.", f"{text}. The answer is 1{number}."])

    def loglikelihood(self, requests: list[Any]) -> Any:
        """Not asked for by this task."""
        raise NotImplementedError

    def loglikelihood_rolling(self, requests: list[Any]) -> Any:
        """Not asked for by this task."""
        raise NotImplementedError


def write_run(folder: Path, model: LM, data: Path, rounds: int) -> None:
    """Evaluate a model, and write lm-eval's files as its command line does.

    Args:
        folder: Where to.
        model: The model.
        data: The folder of benchmark files.
        rounds: How many answers a question gets.
    """
    settings = {"ptr_data": str(data), "ptr_rounds": rounds}
    manager = TaskManager(
        include_path=[str(tasks_path())], include_defaults=False, metadata=settings
    )
    tracker = EvaluationTracker(output_path=str(folder))
    results = simple_evaluate(
        model=model, tasks=[TASK], task_manager=manager, evaluation_tracker=tracker
    )
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    tracker.save_results_samples(task_name=TASK, samples=samples[TASK])


REPORT = """
import sys
from pathlib import Path
from ptr_eval.report import ReportConfig, write_report
write_report([Path(p) for p in sys.argv[2:]], Path(sys.argv[1]), ReportConfig(baseline="run0"))
"""
PARSE = """
import json, sys
from pathlib import Path
for run in sys.argv[2:]:
    for path in Path(run).rglob("samples_*.jsonl"):
        with path.open() as file:
            for line in file:
                json.loads(line)
"""


def timed(program: str, *arguments: str) -> tuple[float, float]:
    """Run a program.

    Args:
        program: Its source.
        *arguments: Its arguments.

    Returns:
        Seconds, and the peak of the memory of all its processes together, in GiB.
    """
    start, peak = time.monotonic(), 0
    process = psutil.Popen([sys.executable, "-c", program, *arguments])
    while process.poll() is None:
        with suppress(psutil.Error):
            family = [process, *process.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in family))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(process.returncode)
    return time.monotonic() - start, peak / 2**30


def main() -> None:
    """Print one line a size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--checkpoints", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="write runs and report here, and leave them")
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    if options.smoke:
        options.questions, options.checkpoints = [20], 2
    logging.disable(logging.WARNING)
    print("| questions | answers | samples | report | memory | parsing alone | ratio |")
    print("|---|---|---|---|---|---|---|")
    for count in options.questions:
        with tempfile.TemporaryDirectory() as scratch:
            folder = (options.keep or Path(scratch)) / f"{count}"
            write_questions(folder / "data", count)
            runs = [folder / f"run{n}" for n in range(options.checkpoints)]
            for number, run in enumerate(runs):
                model = MadeUpModel(0.3 + 0.02 * number, number)
                write_run(run, model, folder / "data", options.rounds)
            size = sum(path.stat().st_size for run in runs for path in run.rglob("samples_*"))
            answers = count * options.rounds * len(runs)
            parsing, _ = timed(PARSE, "", *map(str, runs))
            seconds, memory = timed(REPORT, str(folder / "report"), *map(str, runs))
            print(
                f"| {count:,} | {answers:,} | {size / 2**30:.3f} GiB | {seconds:.1f} s "
                f"| {memory:.2f} GiB | {parsing:.1f} s | {seconds / parsing:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
