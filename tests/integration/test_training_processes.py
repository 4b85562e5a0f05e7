"""Several processes train what one does: plain, under ZeRO-2 and ZeRO-3, and under FSDP."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from ptr_train.run import train
from tests.ptr_train.training.run_factory import config_of, logged, write_data
from tests.scripted_lm import write_sums

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning"),
]

ROOT = Path(__file__).parents[2]
STEPS = 4
TOLERANCE = 1e-4
"""Relative, of losses and gradients' norms over four steps in float32: sums in another order."""

CASES = {
    "plain": [],
    "zero2": ["sharding.deepspeed=zero2"],
    "zero3": ["sharding.deepspeed=zero3"],
    "zero3, adapters": ["sharding.deepspeed=zero3", "lora={dropout: 0}"],
    "zero3, preferences": ["sharding.deepspeed=zero3", "loss={objective: dpo}"],
    "zero3, recomputing": ["sharding.deepspeed=zero3", "model.gradient_checkpointing=true"],
}

DEV_TERMS = {
    "ptr": ["eval_nll", "eval_consistency", "eval_confidence"],
    "dpo": ["eval_dpo", "eval_sft", "eval_margin", "eval_accuracy"],
}


def launch(module: str, *arguments: str) -> None:
    """Run a module in two processes, which must end well."""
    environment = {
        "OMP_NUM_THREADS": "1",
        "DS_ACCELERATOR": "cpu",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2",
            "--module", module, *arguments,
        ],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]


def train_in_two(folder: Path, *overrides: str, resume: bool = False) -> Path:
    """Run the configuration in a folder in two processes, each with half of every batch."""
    both = [*overrides, "train.gradient_accumulation_steps=1"]
    arguments = [str(folder / "train.yaml"), *(word for each in both for word in ("--set", each))]
    launch("tests.integration.train_process", "run", *arguments, *(["--resume"] if resume else []))
    return folder / "out" / f"checkpoint-{STEPS}"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def alone(tiny_model: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Gives the checkpoint of one process, trained once for each method."""
    known: dict[str, Path] = {}

    def of(case: str) -> Path:
        overrides = [said for said in CASES[case] if not said.startswith("sharding")]
        key = json.dumps(overrides)
        if key not in known:
            folder = tmp_path_factory.mktemp("alone")
            known[key] = train(_config(folder, tiny_model, rows, *overrides, "save.limit=1"))
        return known[key]

    return of


def _config(folder: Path, model: Path, rows: Path, *overrides: str) -> Any:
    return config_of(
        folder,
        model,
        rows,
        f"train.max_steps={STEPS}",
        "train.gradient_accumulation_steps=2",
        *overrides,
    )


@pytest.mark.parametrize("case", CASES)
def test_two_processes_train_what_one_does(
    case: str, tmp_path: Path, tiny_model: Path, rows: Path, alone: Any
) -> None:
    _config(tmp_path, tiny_model, rows)
    checkpoint = train_in_two(tmp_path, f"train.max_steps={STEPS}", *CASES[case])
    expected = alone(case)
    for name in ("loss", "grad_norm"):
        assert logged(checkpoint, name) == pytest.approx(logged(expected, name), rel=TOLERANCE)
    (file,) = (path.name for path in expected.glob("*model.safetensors"))
    found, whole = load_file(checkpoint / file), load_file(expected / file)
    assert found.keys() == whole.keys()
    # AdamW makes full steps of gradients next to zero, whose sign is a matter of rounding.
    far = [torch.mean((found[name] - whole[name]).abs()).item() for name in whole]
    assert max(far) < 1e-4
    sharded = list(checkpoint.glob("global_step*/*zero_pp_rank_1*"))
    assert bool(sharded) == case.startswith("zero")


def test_zero3_goes_on_where_it_stopped(
    tmp_path: Path, tiny_model: Path, rows: Path, alone: Any
) -> None:
    _config(tmp_path, tiny_model, rows)
    overrides = [f"train.max_steps={STEPS}", "save.steps=2", "sharding.deepspeed=zero3"]
    checkpoint = train_in_two(tmp_path, *overrides)
    shutil.rmtree(checkpoint)
    again = train_in_two(tmp_path, *overrides, resume=True)
    assert logged(again) == pytest.approx(logged(alone("zero3")), rel=TOLERANCE)


@pytest.mark.parametrize("sharding", ["{}", "{deepspeed: zero3}"])
def test_two_processes_evaluate_what_one_does(
    sharding: str, tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    data = write_sums(tmp_path / "sums", numbers=range(5))
    settings = {
        "steps": 2, "at_start": False, "tasks": ["ptr_gsm8k"], "rounds": 2,
        "settings": {"ptr_data": str(data)}, "generation": {"max_gen_toks": 8},
    }  # fmt: skip
    evaluated = f"evaluate={json.dumps(settings)}"
    train(_config(tmp_path / "one", tiny_model, rows, evaluated))
    _config(tmp_path / "two", tiny_model, rows)
    train_in_two(tmp_path / "two", f"train.max_steps={STEPS}", evaluated, f"sharding={sharding}")
    for step in (2, 4):
        one, two = (
            _answers(tmp_path / name / "out" / "eval" / f"step-{step}") for name in ("one", "two")
        )
        assert len(one) == 5
        assert two == one


@pytest.mark.parametrize(("loss", "dev"), [("ptr", 9), ("dpo", 5)])
def test_two_processes_lose_on_the_dev_split_what_one_does(
    loss: str, dev: int, tmp_path: Path, tiny_model: Path
) -> None:
    # The last batch is not full, or there is none for the second process.
    data = write_data(tmp_path / "rows", dev=dev)
    said = [f"loss={{objective: {loss}}}", "evaluate={steps: 4}", "train.max_steps=1",
            "optimizer.learning_rate=1e-9"]  # fmt: skip
    one = train(_config(tmp_path / "one", tiny_model, data, *said))
    _config(tmp_path / "two", tiny_model, data)
    train_in_two(tmp_path / "two", *said)
    losses, expected = (
        {name: logged(checkpoint, name) for name in DEV_TERMS[loss]}
        for checkpoint in (tmp_path / "two" / "out" / "checkpoint-1", one)
    )
    assert all(map(len, expected.values()))
    for name, values in expected.items():
        assert losses[name][0] == pytest.approx(values[0], rel=1e-6, abs=1e-6)


def test_two_processes_go_on_in_a_later_epoch(tmp_path: Path, tiny_model: Path) -> None:
    data = write_data(tmp_path / "rows", rows=16)
    said = ["train.max_steps=8", "save.steps=5", "save.limit=null"]  # An epoch is two steps.
    _config(tmp_path / "two", tiny_model, data)
    train_in_two(tmp_path / "two", *said)
    whole = tmp_path / "two" / "out" / "checkpoint-8"
    expected = logged(whole)
    shutil.rmtree(whole)
    train_in_two(tmp_path / "two", *said, resume=True)
    assert logged(whole) == pytest.approx(expected, rel=TOLERANCE)


def test_fsdp_gives_the_gradients_of_the_whole_model() -> None:
    launch("tests.integration.fsdp_process")


def _answers(folder: Path) -> dict[int, Any]:
    (file,) = folder.rglob("samples_*.jsonl")
    samples = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {one["doc_id"]: one["resps"] for one in samples if one["filter"] == "strict"}
