"""The folder that docs/extending.md shows, through plain `lm_eval`, killed and started again."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.runs import Answer, questions, read_run
from tests.chat_server import ChatServer
from tests.integration.command import Command
from tests.own_parts import QUESTIONS, capital, write_folder, write_questions

pytestmark = pytest.mark.slow
REQUESTS = 5 * QUESTIONS  # Three answers and two critiques each.


def slowly(question: int, round_: int) -> str:
    time.sleep(0.1)
    return f"It is {capital(question)}."


def arguments(folder: Path, server: ChatServer, ledger: Path) -> dict[str, Any]:
    return {
        "include_path": folder,
        "tasks": "capitals",
        "model": "local-chat-completions",
        "model_args": {"model": "planned", "base_url": server.url, "num_concurrent": 1},
        "metadata": f"ptr_ledger={ledger}",
    }


def answers(run: Path) -> list[tuple[Answer, ...]]:
    (saved,) = read_run(run)
    return [question.answers for question in questions(saved)]


def ptr_eval(*words: str | Path) -> str:
    start = "from ptr_eval.cli import main; main()"
    command = [sys.executable, "-c", start, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_resumed_after_a_kill_rescored_and_reported(tmp_path: Path) -> None:
    folder, data = write_folder(tmp_path / "mine"), write_questions(tmp_path / "data")
    with ChatServer(slowly) as server:
        given = arguments(folder, server, tmp_path / "ledger")
        with Command(tmp_path / "killed", data, **given) as command:
            while len(server.payloads) < REQUESTS // 2:
                assert not command.ended, command.log[-3000:]
                time.sleep(0.02)
        asked = len(server.payloads)  # Leaving the block killed it with -9.
        assert asked < REQUESTS
        with Command(tmp_path / "again", data, **given) as command:
            assert command.status() == 0, command.log[-3000:]
        # At most the request in flight is asked twice.
        assert len(server.payloads) <= REQUESTS + 1
        alone = arguments(folder, server, tmp_path / "other")
        with Command(tmp_path / "alone", data, **alone) as command:
            assert command.status() == 0, command.log[-3000:]
    assert answers(tmp_path / "again") == answers(tmp_path / "alone")
    first = answers(tmp_path / "again")[0]
    assert [answer.score.verdict for answer in first] == ["correct"] * 3
    assert [len(answer.unscored) for answer in first] == [0, 1, 1]

    rescored = ptr_eval(
        "rescore", tmp_path / "again", "--include_path", folder, "--out", tmp_path / "rescored"
    )
    assert "0 verdicts changed" in rescored
    assert answers(tmp_path / "rescored") == answers(tmp_path / "again")
    ptr_eval("report", tmp_path / "again", "--out", tmp_path / "report")
    assert "capitals" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
