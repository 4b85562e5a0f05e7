"""How a build's time and memory grow with the number of queries; generations are recorded.

Writes made-up queries and recorded generations, and builds refinement data of them with one
process. Beside it: what merely copying the same queries through pandas, as a notebook would,
takes in time and memory.

    python benchmarks/data_scaling.py [--rows 10000 100000 1000000]
"""

import argparse
import json
import random
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "lmnrst"]
CONFIG = """
out: out
sources: [{path: queries.jsonl}]
cleaning: {languages: []}
decontamination: null
models:
  - {name: weak, backend: recorded, args: {file: recorded.jsonl}}
  - {name: strong, backend: recorded, args: {file: recorded.jsonl}}
weak: [weak]
strong: strong
gate: null
answers: {samples: 1}
"""
BUILD = "import sys; from ptr_data.cli import main; main(['build', sys.argv[1]])"
PANDAS = """
import sys, pandas
frame = pandas.read_json(sys.argv[1], lines=True).drop_duplicates()
frame.to_parquet(sys.argv[1] + ".parquet")
frame.to_json(sys.argv[1] + ".copy", orient="records", lines=True)
"""


def write(folder: Path, rows: int) -> None:
    """Write made-up queries and recorded generations.

    Args:
        folder: Where to.
        rows: How many.
    """
    rng = random.Random(0)

    def text(words: int) -> str:
        return " ".join(rng.choices(WORDS, k=words))

    with (folder / "queries.jsonl").open("w") as queries:
        with (folder / "recorded.jsonl").open("w") as recorded:
            for number in range(rows):
                query = f"{number} {text(40)}?"
                queries.write(json.dumps({"question": query, "output": text(30)}) + "\n")
                for model, count, words in (("weak", 2, 60), ("strong", 1, 90)):
                    texts = [text(words) for _ in range(count)]
                    line = {"query": query, "model": model, "texts": texts}
                    recorded.write(json.dumps(line) + "\n")
    (folder / "build.yaml").write_text(CONFIG)


def timed(program: str, argument: Path) -> tuple[float, float]:
    """Run a program.

    Args:
        program: Its source.
        argument: Its argument.

    Returns:
        Seconds, and its peak memory in MiB.
    """
    start, peak = time.monotonic(), 0
    with open("/dev/null", "w") as nowhere:
        process = psutil.Popen(
            [sys.executable, "-c", program, str(argument)], stdout=nowhere, stderr=nowhere
        )
        while process.poll() is None:
            with suppress(psutil.Error):
                peak = max(peak, process.memory_info().rss)
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(process.returncode)
    return time.monotonic() - start, peak / 2**20


def main() -> None:
    """Print one line a size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    if options.smoke:
        options.rows = [200]
    print("| queries | build | queries/s | memory | copying through pandas | memory | ratio |")
    print("|---|---|---|---|---|---|---|")
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            write(folder, rows)
            seconds, memory = timed(BUILD, folder / "build.yaml")
            plain, theirs = timed(PANDAS, folder / "queries.jsonl")
        print(
            f"| {rows:,} | {seconds:.0f} s | {rows / seconds:,.0f} | {memory:,.0f} MiB "
            f"| {plain:.1f} s | {theirs:,.0f} MiB | {seconds / plain:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
