"""Every benchmark runs in its smallest form, and prints the ratio it promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
NUMBER = r"\d+(\.\d+)?"
LAST_CELL = rf"^\| .*\d.* \| {NUMBER} \|$"
RATIOS = {
    "data_scaling": LAST_CELL,
    "encoding_throughput": rf"; median ratios {NUMBER}, {NUMBER}$",
    "harness_overhead": rf"^plugin \+ ledger .* prompts, {NUMBER} x by hand",
    "humaneval_throughput": rf"^median ratio {NUMBER}$",
    "loss_memory": rf"^\| .* \| fp32 \| .* \| 1/{NUMBER} \| {NUMBER} \|$",
    "maths_throughput": rf"^median ratio with 1 workers: {NUMBER}$",
    "report_scaling": LAST_CELL,
    "rounds_throughput": LAST_CELL,
    "training_step": rf"^\| ptr, .* \| fp32 \| .* s \| {NUMBER} \| .* MiB \| {NUMBER} \| .* \|$",
}
"""The line with the ratio, by benchmark."""

ELSEWHERE = {"decontamination_throughput"}
"""What it compares with needs an environment of its own."""


def test_every_benchmark_is_run_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == set(RATIOS) | ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("name", RATIOS)
def test_a_benchmark_prints_its_ratio(name: str) -> None:
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--smoke"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(RATIOS[name], done.stdout, re.MULTILINE), done.stdout
