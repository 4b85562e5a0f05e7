"""`ptr-eval run` on a server that misbehaves: how it ends, what it says, and what it leaves."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bad_modes import MODES, TELLS, window
from tests.bad_server import Asked, BadServer, every_third, fine, in_round
from tests.chat_server import Response
from tests.scripted_lm import write_sums

QUESTIONS = 6
_START = "from ptr_eval.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left."""

    status: int
    """Its exit status."""
    said: str
    """What it wrote on standard error."""
    results: dict[str, Any] | None
    """What its results file says of the task, if there is one."""
    outcomes: dict[str, list[int]]
    """How many requests of each outcome there were, round by round."""

    def values(self, metric: str) -> list[float]:
        """List a metric, round by round."""
        pattern = re.compile(rf"{metric}@\d+,strict")
        return [round(v, 3) for key, v in (self.results or {}).items() if pattern.fullmatch(key)]


def run(server: BadServer, folder: Path) -> Ended:
    """Run two rounds over six questions, four in flight."""
    data = write_sums(folder / "data")
    model = f"model=m,base_url={server.url},num_concurrent=4,max_retries=2,timeout=1"
    settings = f"ptr_data={data},ptr_scorers=strict,ptr_rounds=2,ptr_ledger={folder / 'ledger'}"
    out = folder / f"out{len(list(folder.glob('out*')))}"
    done = subprocess.run(
        [
            sys.executable, "-c", _START, "run", "--model", "local-chat-completions",
            "--model_args", model, "--tasks", "ptr_gsm8k", "--apply_chat_template",
            "--limit", str(QUESTIONS), "--metadata", settings, "--log_samples",
            "--output_path", str(out),
        ],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    files = list(out.rglob("results_*.json"))
    if not files:
        return Ended(done.returncode, done.stderr, None, {})
    saved = json.loads(files[0].read_text(encoding="utf-8"))
    counted = saved["configs"]["ptr_gsm8k"]["ptr"]["outcomes"]
    counted = {name: numbers for name, numbers in counted.items() if any(numbers)}
    return Ended(done.returncode, done.stderr, saved["results"]["ptr_gsm8k"], counted)


@pytest.mark.parametrize(
    ("name", "words"),
    [("401_key", "Incorrect API key provided: sk-1"), ("dropped", "connection|disconnect|closed")],
)
def test_what_never_succeeds_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    with BadServer(MODES[name]) as server:
        ended = run(server, tmp_path)
    assert ended.status == 1
    assert re.search(words, ended.said.strip().splitlines()[-1], re.IGNORECASE)
    assert ended.results is None
    assert len(server.payloads) <= 2 * QUESTIONS


def odd(asked: Asked) -> Response | None:
    """Refuse question 1, say nothing to question 2, answer the others in parts: five a second."""
    names = {1: "refusal", 2: "null"}
    limited = window(5, TELLS["fraction"])(asked)
    told = limited is not None and limited.status == 429
    return limited if told else MODES[names.get(asked.question, "parts_thinking")](asked)


def test_a_run_without_failures_ends_well(tmp_path: Path) -> None:
    with BadServer(odd) as server:
        ended = run(server, tmp_path)
    assert ended.status == 0, ended.said[-3000:]
    assert ended.outcomes == {"answered": [4, 4], "empty": [1, 1], "refused": [1, 1]}
    assert ended.values("exact_match") == [0.8, 0.8]
    assert ended.values("refused") == ended.values("empty") == [0.167, 0.167]
    assert ended.values("failed") == [0.0, 0.0]


def test_a_run_in_which_some_requests_failed_says_so_and_is_completed_by_another(
    tmp_path: Path,
) -> None:
    with BadServer(every_third(in_round(2, MODES["error_dict"]))) as server:
        ended = run(server, tmp_path)
        assert ended.status == 3
        assert "2 of 12 requests failed" in ended.said
        assert ended.outcomes == {"answered": [6, 4], "failed": [0, 2]}
        assert ended.values("failed") == [0.0, 0.333]
        assert ended.values("exact_match") == [1.0, 1.0]
        server.mode, server.payloads = fine, []
        again = run(server, tmp_path)
    assert sorted(server.asked) == [(0, 2), (3, 2)]
    assert again.status == 0
    assert again.outcomes == {"answered": [6, 6]}
