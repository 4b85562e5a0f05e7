"""Builds whose models are behind a server: as much at once as it takes, across shards."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ptr_data.build import build_from
from ptr_eval.engine import Ledger
from ptr_eval.errors import UserError
from tests.ptr_data.methods.gsr import gsr_factory
from tests.ptr_data.methods.ptr import ptr_factory
from tests.text_server import TextServer

REFUSED = 13
"""The number of a question that the server refuses to answer."""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")


def write(prompt: str, drawn: int) -> str | int:
    """Answer questions of both methods, and judge answers."""
    if "Verdict:" in prompt:
        return f"Verdict: {('correct', 'wrong')[drawn % 2] if 'correct' in prompt else 'B'}"
    number = int(re.findall(r"(?:Add|Number) (\d+)|$", prompt)[0] or 0)
    if number == REFUSED:
        return 400
    return f"{'So. ' * (drawn % 9)}It is \\boxed{{{2 * number + drawn % 2}}}."


def models(server: TextServer, *names: str) -> list[dict[str, Any]]:
    backend = "local-chat-completions"
    return [{"name": name, "backend": backend, "args": server.client} for name in names]


def gsr(folder: Path, server: TextServer, **changed: Any) -> Path:
    """Student, teacher and judge behind a server; shards of a few questions."""
    path = gsr_factory.prepare(
        folder,
        **{
            "models": models(server, "student", "teacher", "judge"), "shard": 4,
            "verifier": {"kind": "judge", "model": "judge"},
            "direct": {"kind": "teacher", "samples": 2},
            "candidates": {"samples": 3, "keep": 3},
            "solutions": {"samples": 2, "easy_keep": 2}, **changed,
        },
    )  # fmt: skip
    gsr_factory.write_source(folder / "source.jsonl", range(14))
    return path


def ptr(folder: Path, server: TextServer, **changed: Any) -> Path:
    """Two weak models, a strong one, and a judge of the gate."""
    path = ptr_factory.prepare(
        folder,
        **{
            "models": models(server, "small", "smaller", "large", "judge"), "shard": 4,
            "weak": ["smaller", "small"], "answers": {"samples": 3},
            "consistency": {"threshold": None},
            "measure": {"kind": "judge", "model": "judge"},
            "gate": {"required": False, "sample": 9}, **changed,
        },
    )  # fmt: skip
    ptr_factory.write_queries(folder / "queries.jsonl", range(14))
    return path


METHODS: dict[str, Callable[..., Path]] = {"gsr": gsr, "ptr": ptr}
EACH_METHOD = pytest.mark.parametrize("method", METHODS)


@pytest.fixture(autouse=True)
def _no_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> Any:
        return lambda texts: np.ones((len(texts), 1))

    monkeypatch.setattr("ptr_data.methods.ptr.refinement_rows.embedder", load)


def build(path: Path) -> dict[str, bytes]:
    return ptr_factory.finished(build_from(path).folder)


def rows(path: Path) -> list[dict[str, Any]]:
    files = [path.parent / "out" / "data" / f"{split}.jsonl" for split in ("train", "dev")]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


class Stop(Exception):
    """Ends a build, as a kill would."""


def stopped_after(replies: int) -> Callable[[Ledger, Any], None]:
    """Make a way to record replies that ends the build after some."""
    record, left = Ledger.record, replies

    def until_stopped(ledger: Ledger, new: Any) -> None:
        nonlocal left
        record(ledger, new)
        left -= len(new)
        if left < 0:
            raise Stop

    return until_stopped


@EACH_METHOD
def test_whatever_the_engine_and_wherever_it_is_stopped_a_build_ends_with_the_same_files(
    tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, stops = random.Random(method), 0
    with TextServer(write) as server:
        path = METHODS[method](tmp_path / "lockstep", server, engine="lockstep")
        wanted, asked = build(path), server.times

        server.payloads = []
        assert build(METHODS[method](tmp_path / "auto", server)) == wanted
        assert server.times == asked

        server.payloads = []
        path = METHODS[method](tmp_path / "stopped", server, engine="lockstep")
        while True:
            with monkeypatch.context() as patch:
                patch.setattr(Ledger, "record", stopped_after(rng.randint(0, len(asked) // 4)))
                try:
                    found = build(path)
                    break
                except Stop:
                    stops += 1
            METHODS[method](tmp_path / "stopped", server, engine="continuous")
        again = server.times
        METHODS[method](tmp_path / "stopped", server, engine="lockstep")
        build(path)  # Another engine makes no other build.
    assert server.times == again
    assert found == wanted
    assert stops > 2
    # Lost is what was under way, and failures are asked again.
    assert again.keys() == asked.keys()
    assert again.total() <= asked.total() + (2 * 6 + 6) * stops

    assert len(rows(path)) > 8
    refused = {gsr_factory.question(REFUSED), ptr_factory.question(REFUSED)}
    assert not refused & {row["query"] for row in rows(path)}
    assert any(question in wanted["dropped.jsonl"].decode() for question in refused)


@EACH_METHOD
def test_as_much_is_under_way_as_the_server_takes_across_shards(
    tmp_path: Path, method: str
) -> None:
    """A shard of one question has three requests at most."""
    more: dict[str, Any] = {"weak": ["small"], "gate": None, "measure": None}
    with TextServer(write, slow=0.05) as server:
        build(METHODS[method](tmp_path, server, shard=1, **(more if method == "ptr" else {})))
    assert server.peak == 6
    assert server.connections <= 6 * 6  # Of six stages, at most.


def test_a_backend_that_answers_in_batches_cannot_be_continuous(tmp_path: Path) -> None:
    models = [{"name": name, "backend": "dummy"} for name in ("student", "teacher")]
    path = gsr_factory.prepare(tmp_path, models=models, engine="continuous")
    with pytest.raises(UserError) as caught:
        build_from(path)
    assert str(caught.value) == (
        "`engine: continuous`: the backend DummyLM answers in batches; leave it out."
    )
