"""The questions to learn from: short ones of WizardLM, with the answers a stronger model gave."""

import json
import shutil
from pathlib import Path

LONGEST_QUESTION, LONGEST_ANSWER = 600, 1500
"""Characters; more would not fit the time of a CPU."""
KEPT_APART = 5
"""Every fifth question is not trained on: retention is measured on it."""


def write_sources(wizardlm: Path, folder: Path) -> None:
    """Write the questions, the recorded answers, and the texts that are kept apart."""
    rows = [json.loads(line) for line in wizardlm.read_text(encoding="utf-8").splitlines()]
    short = [
        row
        for row in rows
        if len(row["question"]) <= LONGEST_QUESTION and 60 <= len(row["output"]) <= LONGEST_ANSWER
    ]
    trained = [row for number, row in enumerate(short) if number % KEPT_APART]
    recorded = [
        {"query": row["question"], "model": "wizardlm", "texts": [row["output"]]} for row in trained
    ]
    _write(folder / "queries.jsonl", [{"question": row["question"]} for row in trained])
    _write(folder / "recorded.jsonl", recorded)
    _write(folder / "kept_apart.jsonl", short[::KEPT_APART])


def link(target: Path, name: Path) -> None:
    """Point a name of the study's folder to what is elsewhere."""
    if name.is_symlink():
        name.unlink()
    elif name.is_dir():
        shutil.rmtree(name)
    name.symlink_to(target.resolve())


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines, encoding="utf-8")
