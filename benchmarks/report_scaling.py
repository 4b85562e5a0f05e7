"""How a report's time and memory grow with the number of items.

Writes made-up runs in lm-eval's form (checkpoints x 11 tasks x 3 rounds), at a growing share of
the benchmarks' full sizes, and reports them. Beside it: what merely parsing the same samples
files takes, row by row with `json`, which any analysis must do.

    python benchmarks/report_scaling.py [--checkpoints 10] [--shares 0.01 0.1 1] [--keep FOLDER]
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

SIZES = {
    "ptr_mmlu": 14_042, "ptr_humaneval": 164, "ptr_drop": 9_536, "ptr_xsum": 11_334,
    "ptr_gsm8k": 1_319, "ptr_math": 5_000, "ptr_arc_challenge": 1_172, "ptr_gpqa_diamond": 198,
    "ptr_winogrande": 1_267, "ptr_commonsense_qa": 1_221, "ptr_hellaswag": 10_042,
}  # fmt: skip
STAMP = "2026-01-01T00-00-00.000000"
WORDS = "the of and to in is that for it as was with be by on not he his but at are this".split()


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def _samples(task: str, items: int, ability: float, seed: int) -> Iterator[str]:
    rng = random.Random(f"{task} {seed}")
    for item in range(items):
        prompt, arguments, responses = _text(rng, 120), {}, []
        for round_ in (1, 2, 3):
            right = rng.random() < ability + 0.04 * round_
            verdict = "correct" if right else rng.choice(["wrong", "wrong", "unparsed"])
            response = _text(rng, 90)
            responses.append([response])
            score = {
                "value": float(right), "verdict": verdict, "how": "stated", "parts": {},
                "answer": None if verdict == "unparsed" else rng.choice("ABCD"),
            }  # fmt: skip
            record = {
                "sample": 0, "round": round_, "prompt_tokens": 150 * round_,
                "generated_tokens": 100, "dropped_answers": 0, "prompt_cut": False,
                "failed": None, "scores": {"strict": score},
            }  # fmt: skip
            arguments[f"gen_args_{round_ - 1}"] = {
                "arg_0": prompt,
                "arg_1": {"max_gen_toks": 512},
                "arg_2": record,
            }
            prompt = f"{prompt}\n{response}\nKeep thinking."
        document = {"question": f"{item} {_text(rng, 60)}", "gold": "A", "subject": f"s{item % 57}"}
        document["passage_id"] = f"p{item // 16}"
        yield json.dumps(
            {
                "doc_id": item, "doc": document, "target": "A", "arguments": arguments,
                "resps": responses, "filter": "strict", "doc_hash": str(item),
            }
        )  # fmt: skip


def write_run(folder: Path, share: float, ability: float, seed: int) -> None:
    """Write a made-up run as lm-eval writes it.

    Args:
        folder: Where to.
        share: Of the benchmarks' full sizes.
        ability: How often its first answers are right.
        seed: Of its answers.
    """
    folder.mkdir(parents=True)
    configs, counts = {}, {}
    described = {"format": 1, "settings": {"protocol": "sequential", "instruction": "neutral"}}
    for task, size in SIZES.items():
        items = max(2, round(size * share))
        configs[task] = {
            "task": task,
            "generation_kwargs": {"max_gen_toks": 512},
            "ptr": {**described, "scorers": {"strict": "options"}, "seconds": [9.0, 8.0, 7.0]},
        }
        counts[task] = {"original": items, "effective": items}
        with (folder / f"samples_{task}_{STAMP}.jsonl").open("w") as file:
            file.writelines(f"{line}\n" for line in _samples(task, items, ability, seed))
    results = {
        "configs": configs, "n-samples": counts, "results": {}, "model_name": folder.name,
        "versions": dict.fromkeys(SIZES, 1.0),
    }  # fmt: skip
    (folder / f"results_{STAMP}.json").write_text(json.dumps(results))


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
    for path in Path(run).glob("samples_*.jsonl"):
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
    """Print one line a share."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkpoints", type=int, default=10)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.01, 0.1, 1.0])
    parser.add_argument("--keep", type=Path, help="write runs and report here, and leave them")
    options = parser.parse_args()
    print("| items | answers | samples | report | memory | parsing alone | ratio |")
    print("|---|---|---|---|---|---|---|")
    for share in options.shares:
        with tempfile.TemporaryDirectory() as scratch:
            folder = (options.keep or Path(scratch)) / f"{share}"
            runs = [folder / f"run{n}" for n in range(options.checkpoints)]
            for number, run in enumerate(runs):
                write_run(run, share, 0.3 + 0.02 * number, number)
            size = sum(path.stat().st_size for path in folder.rglob("*.jsonl"))
            items = sum(max(2, round(s * share)) for s in SIZES.values()) * len(runs)
            parsing, _ = timed(PARSE, "", *map(str, runs))
            seconds, memory = timed(REPORT, str(folder / "report"), *map(str, runs))
            print(
                f"| {items:,} | {3 * items:,} | {size / 2**30:.2f} GiB | {seconds:.0f} s "
                f"| {memory:.2f} GiB | {parsing:.0f} s | {seconds / parsing:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
