"""`python -m studies.smollm2.wordings`: ask a model in all wordings, then make the tables.

`ask` needs vLLM. It keeps every answer in a folder; started again, it asks only what is missing.
`table` scores the kept answers and writes the tables into the report.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .asking import ask, load
from .plan import stages
from .questions import TASKS
from .rounds import LATER, ask_later
from .tables import write_tables


def ask_all(model: Path, out: Path, data: Path, tasks: Sequence[str], only_later: bool) -> None:
    """Ask everything that is missing.

    Args:
        model: The model's folder.
        out: The folder of answers.
        data: The folder of official files.
        tasks: The tasks to ask.
        only_later: Whether to compare no wordings of the first round.
    """
    llm = load(model)
    for stage in () if only_later else stages():
        if stage.task in tasks:
            began = time.monotonic()
            _tell(f"{stage.task} {stage.wording}", ask(llm, stage.asked(out, data)), began)
    for task in LATER:
        if task in tasks:
            began = time.monotonic()
            _tell(f"{task}, later rounds", ask_later(llm, task, out, data), began)


def _tell(what: str, tokens: int, began: float) -> None:
    if tokens:
        print(f"{what}: {tokens} tokens in {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m studies.smollm2.wordings")
    parser.add_argument("command", choices=["ask", "table"])
    parser.add_argument("--model", type=Path, help="the model's folder, for `ask`")
    parser.add_argument("--out", type=Path, required=True, help="the folder of answers")
    parser.add_argument("--data", type=Path, default=os.environ.get("PTR_DATA"))
    parser.add_argument("--task", action="append", choices=TASKS, help="ask only this one's")
    parser.add_argument("--only-later", action="store_true", help="ask only later rounds")
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
        tasks = given.task or list(TASKS)
        ask_all(given.model, given.out, given.data, tasks, given.only_later)


if __name__ == "__main__":
    main()
