"""lm-eval's command line, run as users run it: in a process of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ptr_eval.catalog import tasks_path

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left.

    Attributes:
        answers: The responses of each document, by round.
        records: What is known of each of them, without its scores.
        results: The task's figures, by lm-eval's names.
        log: All that was printed.
    """

    answers: list[list[str]]
    records: list[list[dict[str, Any]]]
    results: dict[str, Any]
    log: str


class Command:
    """`lm_eval run` on ptr_gsm8k with a chat template, ended with its `with` block if not before.

    Args:
        folder: Where the run writes; any folder not used by another run.
        data: The data folder.
        arguments: Further arguments, by name.
    """

    def __init__(self, folder: Path, data: Path, **arguments: Any) -> None:
        folder.mkdir()
        self._folder = folder
        self._log = folder / "log"
        given = {
            "include_path": tasks_path(),
            "tasks": "ptr_gsm8k",
            "output_path": folder / "out",
            "log_samples": None,
            **arguments,
        }
        flags = [word for name, value in given.items() for word in _flag(name, value)]
        environment = {
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(folder / "hf"),
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "PTR_DATA": str(data),
            # An engine in the process itself starts ten times as fast as one beside it.
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_NO_USAGE_STATS": "1",
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lm_eval", "run", *flags, "--apply_chat_template"],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> "Command":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def status(self) -> int:
        """Wait for the end."""
        return self._process.wait()

    def outcome(self) -> Outcome:
        """Wait for the end, which must be a good one."""
        assert self.status() == 0, self.log[-5000:]
        (results,) = self._folder.glob("out/**/results_*.json")
        (samples,) = self._folder.glob("out/**/samples_*.jsonl")
        rows = [json.loads(line) for line in samples.read_text(encoding="utf-8").splitlines()]
        figures = json.loads(results.read_text(encoding="utf-8"))["results"]["ptr_gsm8k"]
        shown = [row for row in rows if row["filter"] == "strict"]
        return Outcome(
            answers=[[response for (response,) in row["resps"]] for row in shown],
            records=[
                [_without_scores(request["arg_2"]) for request in row["arguments"].values()]
                for row in shown
            ],
            results=figures,
            log=self.log,
        )


def run(folder: Path, data: Path, **arguments: Any) -> Outcome:
    """Run lm-eval to its end, which must be a good one."""
    with Command(folder, data, **arguments) as command:
        return command.outcome()


def kept(ledger: Path) -> int:
    """Count the answers in a ledger, which may be in use."""
    if not ledger.exists():
        return 0
    try:
        with closing(sqlite3.connect(ledger, timeout=60)) as db:
            count: int = db.execute("SELECT count(*) FROM generations").fetchone()[0]
            return count
    except sqlite3.OperationalError:  # The file is there, its table is not yet.
        return 0


def forget_half(ledger: Path) -> None:
    """Remove every second answer from a ledger."""
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("DELETE FROM generations WHERE rowid % 2 = 0")
        db.commit()


def _flag(name: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        value = ",".join(f"{key}={each}" for key, each in value.items())
    return [f"--{name}"] if value is None else [f"--{name}", str(value)]


def _without_scores(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "scores"}
