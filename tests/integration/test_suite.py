"""A suite with the real lm_eval: stopped, with failed requests, and moved."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from ptr_eval.errors import UserError
from ptr_eval.suite import run_suite, suite_command_lines
from tests.chat_server import ChatServer
from tests.integration.command import kept
from tests.scripted_lm import planned, write_sums

pytestmark = pytest.mark.slow

LIMIT, ROUNDS = 6, 3


@pytest.fixture
def suite(model: Path, data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "suite.yaml"
    fields = {
        "out": "out",
        "models": {"letters": {"args": {"pretrained": str(model)}, "method": "Prompt"}},
        "instructions": ["neutral", {"name": "doubt", "text": "Is that so, or isn't it?\nSay."}],
        "tasks": {
            "ptr_gsm8k": {"limit": LIMIT, "gen_kwargs": {"max_gen_toks": 24, "until": ["a, b"]}}
        },
        "defaults": {
            "rounds": ROUNDS,
            "batch_size": 2,
            "device": "cpu",
            "seed": 7,
            "apply_chat_template": True,
            "metadata": {"ptr_data": str(data)},
        },
    }
    path.write_text(yaml.safe_dump(fields))
    return path


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pasted lines find lm_eval, and nothing look for the hub."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for name, value in {
        "PATH": beside,
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hf"),
        "OMP_NUM_THREADS": "1",
    }.items():
        monkeypatch.setenv(name, value)


def paste_and_kill(line: str, ledger: Path, folder: Path) -> int:
    """Run a line in a shell until the first answers are there; say how many."""
    with (folder / "pasted.txt").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", line], cwd=folder, start_new_session=True, stdout=log, stderr=log
        )
    while not kept(ledger):
        assert process.poll() is None, (folder / "pasted.txt").read_text()[-3000:]
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return kept(ledger)


def keys(ledger: Path) -> set[str]:
    with closing(sqlite3.connect(ledger)) as db:
        return {key for (key,) in db.execute("SELECT key FROM generations")}


def test_a_suite_from_a_pasted_line_to_its_report(suite: Path, tmp_path: Path) -> None:
    comment, line, *_ = suite_command_lines(suite)
    assert comment == "# letters/neutral/ptr_gsm8k"
    ledger = tmp_path / "out" / "letters" / "ledger"
    early = paste_and_kill(line, ledger, tmp_path)
    assert 0 < early < LIMIT * ROUNDS
    before = keys(ledger)

    reported: list[int] = []
    entries = run_suite(suite, report=lambda found, out, config: reported.append(len(found)))
    assert [done.run.instruction for done in entries] == ["neutral", "doubt"]
    assert reported == [2]
    # The pasted line's answers were used, and the second instruction's first round was the first's.
    assert before <= keys(ledger)
    assert kept(ledger) == LIMIT * (2 * ROUNDS - 1)
    for done in entries:
        results = json.loads(done.results.read_text())
        assert results["config"]["limit"] == LIMIT
        assert f"exact_match@{ROUNDS},strict" in results["results"]["ptr_gsm8k"]
        said = results["configs"]["ptr_gsm8k"]["ptr"]["instruction"]
        assert (said == "Is that so, or isn't it?\nSay.") == (done.run.instruction == "doubt")

    began = time.monotonic()
    assert run_suite(suite) == entries
    assert time.monotonic() - began < 60
    assert all(row.endswith(" (finished)") for row in suite_command_lines(suite)[::2])


def test_failed_requests_are_asked_again_and_a_moved_suite_is_finished(tmp_path: Path) -> None:
    """Of a server that fails in the second round; then in another folder, with no server at all."""
    broken = [(0, 2), (3, 2)]
    folder = tmp_path / "süite"
    write_sums(folder / "data")
    with ChatServer(lambda q, t: 500 if (q, t) in broken else planned(q, t)) as server:
        args = {"model": "m", "base_url": server.url, "num_concurrent": 2, "max_retries": 1}
        fields = {
            "models": {"served": {"backend": "local-chat-completions", "args": args}},
            "tasks": {"ptr_gsm8k": {"limit": LIMIT, "rounds": 2}},
            "defaults": {"apply_chat_template": True, "metadata": {"ptr_data": "data"}},
        }
        (folder / "suite.yaml").write_text(yaml.safe_dump(fields))
        with pytest.raises(UserError) as caught:
            run_suite(folder / "suite.yaml")
        assert str(caught.value) == (
            "1 of 1 runs have failed requests (served/neutral/ptr_gsm8k: 2); the same command asks "
            "these again."
        )
        (comment, _) = suite_command_lines(folder / "suite.yaml")
        assert comment.endswith("(finished with 2 requests failed, to be asked again)")
        repaired, asked_before = list(broken), len(server.asked)
        broken.clear()
        (done,) = run_suite(folder / "suite.yaml")
        assert sorted(server.asked[asked_before:]) == repaired
    assert done.failed == 0
    shutil.copytree(folder, tmp_path / "moved")
    shutil.rmtree(folder)
    (again,) = run_suite(tmp_path / "moved" / "suite.yaml")
    assert again.results == tmp_path / "moved" / done.results.relative_to(folder)
