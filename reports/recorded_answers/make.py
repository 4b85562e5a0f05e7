"""Score the recorded answers in PTR_GRADERS against the benchmarks in PTR_DATA, and report them.

    PTR_DATA=FOLDER PTR_GRADERS=FOLDER python reports/recorded_answers/make.py SCRATCH
    cp -r SCRATCH/report/{report.md,plots,tables} reports/recorded_answers/

The answers become `ptr-eval score`'s input, one file a run; `report.yaml` names the runs.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GROUPS = {"qwen2_7b": ("ptr_protocol=parallel", "ptr_candidates=5", "ptr_rounds=1")}
"""By run, the settings under which its answers are candidates of one round."""


def rows(name: str) -> Iterator[dict[str, Any]]:
    """Read recorded answers.

    Args:
        name: The file.

    Yields:
        Its rows.
    """
    with gzip.open(Path(os.environ["PTR_GRADERS"], name), "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def collect() -> dict[str, tuple[str, dict[int, list[str]]]]:
    """Gather the answers of each run.

    Returns:
        By run, the task and the answers by document, one a round or candidate.
    """
    runs: dict[str, tuple[str, dict[int, list[str]]]] = {}
    for row in rows("gsm8k_6b_solutions.jsonl.gz"):
        runs.setdefault(row["model"], ("ptr_gsm8k", {}))[1][row["doc_id"]] = [row["response"]]
    for row in rows("humaneval_completions.jsonl.gz"):
        number = int(row["task_id"].rpartition("/")[2])
        runs.setdefault(row["run"], ("ptr_humaneval", {}))[1][number] = [row["completion"]]
    problems = Path(os.environ["PTR_DATA"], "math500", "test.jsonl").read_text(encoding="utf-8")
    places = {json.loads(line)["unique_id"]: i for i, line in enumerate(problems.splitlines())}
    samples = {
        places[row["unique_id"]]: row["assistant_answer"]
        for row in rows("math500_qwen2_7b_samples.jsonl.gz")
    }
    runs["qwen2_7b"] = runs["qwen2_7b_in_turn"] = ("ptr_math500", samples)
    return runs


def main(scratch: Path) -> None:
    """Score and report.

    Args:
        scratch: A folder for what is made on the way; the report is in `report` below it.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    for name, (task, answers) in collect().items():
        file = scratch / f"{name}.jsonl"
        lines = [json.dumps({"doc_id": i, "responses": a}) for i, a in sorted(answers.items())]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        score = ["ptr-eval", "score", "--task", task, "--responses", str(file), "--name", name]
        out = ["--out", str(scratch / "runs" / name), "--confirm_run_unsafe_code"]
        settings = ["--metadata", *GROUPS[name]] if name in GROUPS else []
        subprocess.run([*score, *out, *settings], check=True)
    shutil.copy(HERE / "report.yaml", scratch)
    report = ["ptr-eval", "report", "--config", str(scratch / "report.yaml")]
    subprocess.run([*report, "--out", str(scratch / "report")], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
