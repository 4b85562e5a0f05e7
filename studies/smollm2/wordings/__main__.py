"""`python -m studies.smollm2.wordings`: ask a model in all wordings, then make the tables.

`ask` needs vLLM. It keeps every answer in a folder; started again, it asks only what is missing.
`table` scores the kept answers and writes the tables into the report.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from .plan import stages
from .rounds import ask_again
from .tables import write_tables


def ask_all(model: Path, out: Path, data: Path) -> None:
    """Ask everything that is missing.

    Args:
        model: The model's folder.
        out: The folder of answers.
        data: The folder of official files.
    """
    from .asking import ask, load

    llm = load(model)
    for stage in stages():
        began = time.monotonic()
        if tokens := ask(llm, stage.asked(out, data)):
            took = time.monotonic() - began
            print(f"{stage.task} {stage.wording}: {tokens} tokens in {took:.0f} s", flush=True)
    ask_again(llm, out, data)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m studies.smollm2.wordings")
    parser.add_argument("command", choices=["ask", "table"])
    parser.add_argument("--model", type=Path, help="the model's folder, for `ask`")
    parser.add_argument("--out", type=Path, required=True, help="the folder of answers")
    parser.add_argument("--data", type=Path, default=os.environ.get("PTR_DATA"))
    parser.add_argument("--embedder", default="BAAI/bge-m3", help="for summaries, in `table`")
    parser.add_argument("--report", type=Path, default=Path("reports/smollm2"))
    given = parser.parse_args()
    if given.data is None:
        sys.exit("--data FOLDER is missing: it holds the benchmarks' official files.")
    if given.command == "table":
        write_tables(given.out, given.data, given.embedder, given.report)
    elif given.model is None:
        sys.exit("--model FOLDER is missing.")
    else:
        ask_all(given.model, given.out, given.data)


if __name__ == "__main__":
    main()
