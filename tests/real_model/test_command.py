"""`ptr-eval run` with a real model: killed in the middle, it goes on and ends the same."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.runs import SECONDS
from tests.integration.command import kept

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TASKS, ASKED, ROUNDS = ("ptr_gsm8k", "ptr_arc_easy"), 3, 2
REQUESTS = len(TASKS) * ASKED * ROUNDS
DIFFERENT = {"date", "total_evaluation_time_seconds"}
"""What two equal runs need not share: when they were, and how long they took."""


def start(folder: Path, model: Path, data: Path) -> "subprocess.Popen[bytes]":
    """Start the one command in a folder; all that it names there is relative."""
    folder.mkdir(exist_ok=True)
    command = [
        sys.executable, "-c", "from ptr_eval.cli import main; main()", "run",
        "--model", "hf", "--model_args", f"pretrained={model},dtype=bfloat16", "--device", "cpu",
        "--batch_size", "2", "--tasks", ",".join(TASKS), "--limit", str(ASKED),
        "--apply_chat_template", "--gen_kwargs", "do_sample=true,temperature=0.8,max_gen_toks=12",
        "--metadata", f"ptr_data={data}", f"ptr_rounds={ROUNDS}", "ptr_ledger=ledger",
        "--output_path", "out", "--log_samples",
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip


def finish(folder: Path, model: Path, data: Path) -> str:
    process = start(folder, model, data)
    log = folder / "log"
    assert process.wait() == 0, log.read_text(encoding="utf-8")[-5000:]
    return log.read_text(encoding="utf-8")


def kill_in_the_second_round(folder: Path, model: Path, data: Path) -> int:
    process = start(folder, model, data)
    try:
        while kept(folder / "ledger") <= REQUESTS // 2:
            assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")[-5000:]
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    return kept(folder / "ledger")


def left(folder: Path) -> dict[str, Any]:
    """What a run saved, by task, and its results without what takes place in time."""
    (results,) = folder.glob("out/*/results_*.json")
    found: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    for task in TASKS:
        assert all(seconds > 0 for seconds in found["configs"][task]["ptr"].pop(SECONDS))
    answered = {
        task: next(folder.glob(f"out/*/samples_{task}_*.jsonl")).read_bytes() for task in TASKS
    }
    shown = {name: value for name, value in found.items() if name not in DIFFERENT}
    return {**answered, "results": shown}


def test_a_killed_run_goes_on_and_leaves_the_files_of_one_that_was_not(
    smollm2: Path, made_up: Path, tmp_path: Path
) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    before = kill_in_the_second_round(killed, smollm2, made_up)
    assert REQUESTS // 2 < before < REQUESTS
    assert not list(killed.glob("out/*/results_*.json"))
    finish(killed, smollm2, made_up)
    assert kept(killed / "ledger") == REQUESTS
    finish(whole, smollm2, made_up)
    assert left(killed) == left(whole)
