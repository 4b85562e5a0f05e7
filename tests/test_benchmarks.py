"""Every benchmark runs in its smallest form, and prints the ratio it promises."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
NUMBER = r"\d+(\.\d+)?"
LAST_CELL = rf"^\| .*\d.* \| {NUMBER} \|$"
RATIOS = {
    "data_scaling": LAST_CELL,
    "encoding_throughput": rf"; median ratios {NUMBER}, {NUMBER}$",
    "humaneval_throughput": rf"^median ratio {NUMBER}$",
    "loss_memory": rf"^\| .* \| fp32 \| .* \| 1/{NUMBER} \| {NUMBER} \|$",
    "maths_throughput": rf"^median ratio with 1 workers: {NUMBER}$",
    "report_scaling": LAST_CELL,
    "rounds_throughput": LAST_CELL,
    "rounds_throughput --backend hf": LAST_CELL,
    "training_step": rf"^\| ptr, .* \| fp32 \| .* s \| {NUMBER} \| .* MiB \| {NUMBER} \| .* \|$",
}
"""The line with the ratio, by benchmark and its flags."""

ELSEWHERE = {"decontamination_throughput"}
"""What it compares with needs an environment of its own."""


def test_every_benchmark_is_run_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == {
        command.split()[0] for command in RATIOS
    } | ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("command", RATIOS)
def test_a_benchmark_prints_its_ratio(command: str) -> None:
    check(command, RATIOS[command])


@pytest.mark.vllm
@pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed here")
def test_rounds_are_timed_with_vllm() -> None:
    check("rounds_throughput --backend vllm --cases small", LAST_CELL)


def check(command: str, ratio: str) -> None:
    name, *flags = command.split()
    program = [sys.executable, str(FOLDER / f"{name}.py"), *flags, "--smoke"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(ratio, done.stdout, re.MULTILINE), done.stdout
