"""Runs of scripted models whose files are kept: what a later version must still write and read."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import ChatServer
from tests.scripted_lm import ScriptedLM, WordLM, evaluate_into, gold, planned, write_sums

PORT = 18_766
"""Where the kept run's server listened; its address is part of what a ledger is keyed by."""

DRAWN = "do_sample=true,temperature=0.7"
ALWAYS = {"ptr_prompt": "v1", "ptr_data": "data", "ptr_ledger": "ledger"}
"""Settings of all runs; the kept ones were asked in the tasks' first wording."""


@dataclass(frozen=True)
class Case:
    """A run that is kept: its settings, and how its model answers."""

    settings: Mapping[str, Any]
    model: Callable[..., ScriptedLM] = ScriptedLM
    answer: Callable[[], Any] = lambda: planned
    options: Mapping[str, Any] = field(default_factory=dict)


def thinking(question: int, round_: int) -> str:
    """Think first; question 2 never stops thinking."""
    block = f"<think>Perhaps [{question}] is 7.</think>" if question != 2 else "<think>Hm"
    return f"{block}\n\nThe answer is {gold(question) if round_ > question else 7}."


def varied() -> Callable[[int, int], str]:
    """Answer every request a little differently, in the order of asking."""
    asked = count()

    def answer(question: int, round_: int) -> str:
        number = next(asked)
        said = (gold(question), 7, 8)[number % 3]
        return "" if number % 11 == 10 else f"Try {number}: the answer is {said}."

    return answer


CASES: dict[str, Case] = {
    "sequential": Case({"ptr_rounds": 3}),
    "history_cut": Case(
        {"ptr_rounds": 4, "ptr_scorers": "strict+flexible"},
        model=lambda answer, **more: WordLM(answer, max_length=110, **more),
        answer=lambda: lambda question, round_: f"{'word ' * 12} the answer is {gold(question)}.",
        options={
            "apply_chat_template": True,
            "system_instruction": "Be brief.",
            "gen_kwargs": "max_gen_toks=16",
        },
    ),
    "thinking": Case(
        {"ptr_rounds": 2},
        model=WordLM,
        answer=lambda: thinking,
        options={"apply_chat_template": True},
    ),
    "parallel": Case(
        {"ptr_protocol": "parallel", "ptr_candidates": 3, "ptr_samples": 2, "ptr_rounds": 3,
         "ptr_syntheses": 2, "ptr_candidate_tokens": 24},
        model=WordLM,
        answer=varied,
        options={"gen_kwargs": DRAWN, "apply_chat_template": True},
    ),
    "resample": Case(
        {"ptr_protocol": "resample", "ptr_rounds": 2, "ptr_samples": 4, "ptr_pass_k": "1+3"},
        answer=varied,
        options={"gen_kwargs": DRAWN},
    ),
}  # fmt: skip
"""The runs by name; a further one, `server`, is asked through a chat server."""


def run(name: str, folder: Path, **model: Any) -> dict[str, Any]:
    """Run a case, its ledger and files in a folder."""
    case = CASES[name]
    settings = {**case.settings, **ALWAYS}
    lm = case.model(case.answer(), **model)
    options = {"limit": 5, "log_samples": True, **case.options}
    with inside(folder):
        return evaluate_into(Path("out"), lm, settings, **options)


def run_server(folder: Path, port: int = PORT) -> dict[str, Any]:
    """Run through a chat server; nothing need listen where the ledger holds all answers."""
    settings = {"ptr_rounds": 2, "ptr_samples": 2, **ALWAYS}
    args = {
        "model": "planned",
        "base_url": f"http://127.0.0.1:{port}/v1/chat/completions",
        "num_concurrent": 2,
        "max_retries": 1,
    }
    options = {"apply_chat_template": True, "limit": 4, "log_samples": True, "gen_kwargs": DRAWN}
    with inside(folder):
        return evaluate_into(
            Path("out"), "local-chat-completions", settings, model_args=args, **options
        )


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Run in a folder with questions and examples, so that no path is in what is written."""
    write_sums(folder / "data")
    write_sums(folder / "data", "train", range(900, 909))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
        patch.setattr("lm_eval.evaluator.get_git_commit_hash", lambda: None)
        yield


def keep(into: Path, scratch: Path) -> None:
    """Run all cases, and keep their files."""
    for name in [*CASES, "server"]:
        folder = scratch / name
        if name == "server":
            with ChatServer(port=PORT):
                run_server(folder)
        else:
            run(name, folder)
        kept = into / name
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        for file in (folder / "out").rglob("*.json*"):
            shutil.copy(file, kept / file.name)
        shutil.copy(folder / "ledger", kept / "ledger")
