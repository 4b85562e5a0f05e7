"""Every command ends by itself, with every backend, in the layout of processes it has by default.

A command that does not end is killed by its time limit, which fails the test.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chat_server import ChatServer
from tests.ptr_train.training.run_factory import config_of, write_data
from tests.scripted_lm import write_sums

ROOT = Path(__file__).parents[2]
SECONDS = 240
EVAL = "from ptr_eval.cli import main; main()"
ENGINE = (
    "from lm_eval.api.registry import model_registry as models; "
    "models.register('engine', target='tests.integration.engine_model:EngineLM'); "
)
"""Makes a backend known, and imports nothing that could change the order of exit handlers."""


def ended(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    environment = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
    )  # fmt: skip


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    """The arguments that all runs share."""
    sums = write_sums(tmp_path / "data", numbers=range(3))
    return [
        "run", "--tasks", "ptr_gsm8k", "--metadata", f"ptr_data={sums}", "ptr_rounds=2",
        "--gen_kwargs", "max_gen_toks=8", "--output_path", str(tmp_path / "out"),
    ]  # fmt: skip


@pytest.mark.parametrize("refused", [False, True])
def test_a_run_whose_engine_is_a_process_of_its_own(
    asked: list[str], tmp_path: Path, refused: bool
) -> None:
    cap = ["--max_requests", "1"] if refused else []
    done = ended(ENGINE + EVAL, *asked, "--model", "engine", *cap)
    assert done.returncode == (1 if refused else 0), done.stderr[-3000:]
    assert ("this run plans 6 requests" in done.stderr.splitlines()[-1]) == refused
    assert len(list((tmp_path / "out").rglob("results_*.json"))) == (0 if refused else 1)
    assert "Traceback" not in done.stderr


def test_a_run_with_transformers(asked: list[str], tmp_path: Path, tiny_model: Path) -> None:
    done = ended(
        EVAL, *asked, "--model", "hf", "--model_args", f"pretrained={tiny_model}",
        "--device", "cpu", "--apply_chat_template",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(list((tmp_path / "out").rglob("results_*.json"))) == 1


def test_a_run_with_a_server(asked: list[str], tmp_path: Path) -> None:
    with ChatServer() as server:
        done = ended(
            EVAL, *asked, "--model", "local-chat-completions", "--model_args",
            f"model=m,base_url={server.url},num_concurrent=4", "--apply_chat_template",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(server.payloads) == 6


def test_a_training(tmp_path: Path, tiny_model: Path) -> None:
    rows = write_data(tmp_path / "rows", rows=8)
    config_of(tmp_path, tiny_model, rows)
    code = "from ptr_train.cli import main; main()"
    done = ended(code, "run", str(tmp_path / "train.yaml"), "--set", "train.max_steps=2")
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "out" / "checkpoint-2").is_dir()
    lines = done.stderr.replace("\r", "\n").splitlines()
    said = [line for line in lines if line.strip() and "%|" not in line]
    assert said[0].startswith("train: 8 rows, ")  # No other program's warning comes before it.
