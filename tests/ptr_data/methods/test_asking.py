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
    return gsr_factory.prepare(
        folder,
        **{
            "models": models(server, "student", "teacher", "judge"), "shard": 4,
            "verifier": {"kind": "judge", "model": "judge"},
            "direct": {"kind": "teacher", "samples": 2},
            "candidates": {"samples": 3, "keep": 3},
            "solutions": {"samples": 2, "easy_keep": 2}, **changed,
        },
    )  # fmt: skip


def ptr(folder: Path, server: TextServer, **changed: Any) -> Path:
    """Two weak models, a strong one, and a judge of the gate."""
    return ptr_factory.prepare(
        folder,
        **{
            "models": models(server, "small", "smaller", "large", "judge"), "shard": 4,
            "weak": ["smaller", "small"], "answers": {"samples": 3},
            "consistency": {"threshold": None},
            "measure": {"kind": "judge", "model": "judge"},
            "gate": {"required": False, "sample": 9}, **changed,
        },
    )  # fmt: skip


NO_GATE: dict[str, Any] = {"gate": None, "measure": None}
"""Without the gate, which asks once more what thoughts ask."""

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


@EACH_METHOD
def test_files_are_those_of_lockstep_and_failures_are_data(tmp_path: Path, method: str) -> None:
    found, asked = [], []
    with TextServer(write) as server:
        for engine in ("lockstep", "auto"):
            path = METHODS[method](tmp_path / engine, server, engine=engine)
            found.append(build(path))
            asked.append(server.times)
            server.payloads = []
    assert found[0] == found[1]
    assert asked[0] == asked[1]
    refused = {gsr_factory.question(REFUSED), ptr_factory.question(REFUSED)}
    assert len(rows(path)) > 20
    assert not refused & {row["query"] for row in rows(path)}
    assert any(question in found[1]["dropped.jsonl"].decode() for question in refused)


@EACH_METHOD
@pytest.mark.parametrize(("engine", "peak"), [("auto", 6), ("lockstep", 3)])
def test_as_much_is_under_way_as_the_server_takes_whatever_shard_it_is_for(
    tmp_path: Path, method: str, engine: str, peak: int
) -> None:
    """A shard of one question has three requests at most."""
    more = {"weak": ["small"], **NO_GATE} if method == "ptr" else {}
    with TextServer(write, slow=0.05) as server:
        build(METHODS[method](tmp_path, server, engine=engine, shard=1, **more))
    assert server.peak == peak
    assert engine == "lockstep" or server.connections <= 6 * 5  # Of five stages, at most.


class Stop(Exception):
    """Ends a build, as a kill would."""


@EACH_METHOD
def test_a_build_that_is_stopped_anywhere_goes_on_and_ends_like_an_undisturbed_one(
    tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, record = random.Random(method), Ledger.record
    with TextServer(write) as server:
        more = NO_GATE if method == "ptr" else {}
        alone = build(METHODS[method](tmp_path / "alone", server, **more))
        requests, stops = server.times, 0
        server.payloads = []
        path = METHODS[method](tmp_path / "stopped", server, **more)
        while True:
            left = rng.randint(0, len(requests) // 6)

            def until_stopped(ledger: Ledger, replies: Any) -> None:
                nonlocal left
                record(ledger, replies)
                left -= len(replies)
                if left < 0:
                    raise Stop

            with monkeypatch.context() as patch:
                patch.setattr(Ledger, "record", until_stopped)
                try:
                    resumed = build(path)
                    break
                except Stop:
                    stops += 1
    assert stops > 3
    assert resumed == alone
    assert server.times.keys() == requests.keys()
    # What was under way when it was stopped is lost, and failures are asked again; nothing else is.
    assert server.times.total() <= requests.total() + (2 * 6 + 6) * stops


@EACH_METHOD
def test_an_unfinished_build_in_lockstep_is_gone_on_with(
    tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, left = Ledger.record, 3

    def until_stopped(ledger: Ledger, replies: Any) -> None:
        nonlocal left
        record(ledger, replies)
        left -= 1
        if left == 0:
            raise Stop

    with TextServer(write) as server:
        more = NO_GATE if method == "ptr" else {}
        path = METHODS[method](tmp_path, server, engine="lockstep", **more)
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "record", until_stopped)
            with pytest.raises(Stop):
                build(path)
        METHODS[method](tmp_path, server, engine="continuous", **more)
        build(path)
        asked = server.times.total()
        METHODS[method](tmp_path, server, engine="lockstep", **more)
        build(path)  # Another engine is no other build.
    assert server.times.total() == asked
    assert sum(count - 1 for count in server.times.values()) <= 2 * 6


def test_a_backend_that_answers_in_batches_cannot_be_continuous(tmp_path: Path) -> None:
    models = [{"name": name, "backend": "dummy"} for name in ("student", "teacher")]
    path = gsr_factory.prepare(tmp_path, models=models, engine="continuous")
    with pytest.raises(UserError) as caught:
        build_from(path)
    assert str(caught.value) == (
        "`engine: continuous`: the backend DummyLM answers in batches; leave it out."
    )
