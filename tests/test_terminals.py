"""A terminal that knows ASCII alone ends no command: what it lacks is shown in another way."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ptr_eval.command import write_to_any_terminal
from tests.ptr_data.methods.ptr.ptr_factory import prepare
from tests.ptr_eval.saved_runs import improving
from tests.ptr_train.training.run_factory import config_of, write_data
from tests.scripted_lm import ScriptedLM, evaluate_into, write_sums

ASCII = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
ROOT = Path(__file__).parents[1]


def printed(package: str, *arguments: object) -> str:
    """Run a command as a terminal without UTF-8 does; all that it printed."""
    code = f"from {package}.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **ASCII, "HF_HUB_OFFLINE": "1"}, capture_output=True,
        check=False,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode("ascii")
    assert done.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name is not ASCII, with data, a run, and answers to score."""
    folder = tmp_path_factory.mktemp("läufe")
    data = write_sums(folder / "data", numbers=range(4))
    settings = {"ptr_data": str(data), "ptr_rounds": 2, "ptr_scorers": "strict"}
    evaluate_into(folder / "base", ScriptedLM(improving), settings)
    answers = [{"doc_id": 0, "responses": ["Größe: 100 ± 1 → 100.", "The answer is 7."]}]
    (folder / "a.jsonl").write_text("".join(f"{json.dumps(a)}\n" for a in answers))
    return folder


def test_every_command_on_saved_runs_prints(folder: Path) -> None:
    assert "1.000 +/- 0.000" in printed("ptr_eval", "table", folder / "base")
    data = f"ptr_data={folder / 'data'}"
    scored = printed(
        "ptr_eval", "score", "--task", "ptr_gsm8k", "--responses", folder / "a.jsonl",
        "--out", folder / "scored", "--metadata", data,
    )  # fmt: skip
    assert "0.000" in scored
    again = printed(
        "ptr_eval", "rescore", folder / "scored", "--scorers", "upstream,strict",
        "--out", folder / "again",
    )  # fmt: skip
    assert "l\\xe4ufe" in again
    report = printed("ptr_eval", "report", folder / "base", "--out", folder / "report")
    assert "100.0 % in round 2" in report
    assert "l\\xe4ufe" in report
    assert "ptr_gsm8k" in printed("ptr_eval", "ls")


def test_a_suite_and_a_run_print(folder: Path) -> None:
    suite = folder / "suite.yaml"
    suite.write_text(
        "models: {any: {backend: dummy}}\n"
        f"defaults: {{limit: 2, metadata: {{ptr_data: '{folder / 'data'}'}}}}\n"
        "tasks: {ptr_gsm8k: {}}\ninstructions: [{name: own, text: Prüfe es noch einmal.}]\n",
        encoding="utf-8",
    )
    assert "l\\xe4ufe" in printed("ptr_eval", "suite", suite, "--dry-run")
    assert "+/-" in printed(
        "ptr_eval", "run", "--model", "dummy", "--tasks", "ptr_gsm8k", "--limit", "2",
        "--metadata", f"ptr_data={folder / 'data'}", "--output_path", folder / "out",
    )  # fmt: skip


def test_select_prints(folder: Path, tmp_path: Path) -> None:
    settings = {"ptr_data": str(folder / "data"), "ptr_protocol": "parallel", "ptr_candidates": 2}
    run = folder / "groups"
    evaluate_into(run, ScriptedLM(improving), settings, limit=2)
    try:
        said = printed(
            "ptr_eval", "select", run, "--judge", "dummy", "--judge-args", "pretrained=x"
        )
    finally:
        shutil.rmtree(run)
    assert "ptr_gsm8k" in said


def test_data_and_training_print(folder: Path, tiny_model: Path) -> None:
    build = prepare(folder / "build")
    assert "rows in " in printed("ptr_data", "build", build)
    assert printed("ptr_data", "stats", folder / "build" / "out")
    assert printed("ptr_data", "show", folder / "build" / "out")
    config_of(folder / "train", tiny_model, write_data(folder / "rows", rows=8))
    config = folder / "train" / "train.yaml"
    assert "l\\xe4ufe" in printed("ptr_train", "show-config", config)
    assert "train: 8 rows" in printed("ptr_train", "encode", config)


def test_an_error_is_still_one_sentence(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from ptr_eval.cli import main; main()", "table", folder / "nichts"],
        cwd=ROOT, env={**os.environ, **ASCII}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode("ascii").count("\n") == 1
    assert b"l\\xe4ufe" in done.stderr


def test_output_that_is_no_terminal_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = object()
    monkeypatch.setattr("sys.stdout", notebook)
    write_to_any_terminal()
    assert sys.stdout is notebook
