"""The questions to learn from: short ones of WizardLM, with the answers a stronger model gave."""

import shutil
from pathlib import Path

from ptr_data.jsonl import write_records
from ptr_eval.readers import read_rows

LONGEST_QUESTION, LONGEST_ANSWER = 600, 1500
"""Characters; more would not fit the time of a CPU."""
KEPT_APART = 5
"""Every fifth question is not trained on: the loss on it says what was learned."""
ELSEWHERE = 60
"""So many answers of another source, Alpaca: the loss on them says what was forgotten."""


def write_sources(wizardlm: Path, alpaca: Path, folder: Path) -> None:
    """Write the questions, the recorded answers, and the texts that losses are measured on."""
    rows = [row.values for row in read_rows(wizardlm)]
    short = [
        row
        for row in rows
        if len(row["question"]) <= LONGEST_QUESTION and 60 <= len(row["output"]) <= LONGEST_ANSWER
    ]
    trained = [row for number, row in enumerate(short) if number % KEPT_APART]
    recorded = [
        {"query": row["question"], "model": "wizardlm", "texts": [row["output"]]} for row in trained
    ]
    write_records(folder / "queries.jsonl", [{"question": row["question"]} for row in trained])
    write_records(folder / "recorded.jsonl", recorded)
    write_records(folder / "kept_apart.jsonl", short[::KEPT_APART])
    others = [
        {"question": row["instruction"], "output": row["output"]}
        for row in (row.values for row in read_rows(alpaca))
        if not row["input"] and 60 <= len(row["output"]) <= LONGEST_ANSWER
    ]
    write_records(folder / "elsewhere.jsonl", others[:ELSEWHERE])


def link(target: Path, name: Path) -> None:
    """Point a name of the study's folder to what is elsewhere."""
    if name.is_symlink():
        name.unlink()
    elif name.is_dir():
        shutil.rmtree(name)
    name.symlink_to(target.resolve())
