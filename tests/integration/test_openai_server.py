"""Rounds through `local-chat-completions` and a server that really generates."""

import json
import shutil
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from lm_eval.models.huggingface import HFLM

from tests.integration.command import ROUNDS, Command, Outcome, kept, run
from tests.integration.conftest import QUESTIONS
from tests.integration.openai_server import Serving
from tests.scripted_lm import evaluate, samples

pytestmark = pytest.mark.skipif(
    find_spec("uvicorn") is None or find_spec("fastapi") is None,
    reason="`transformers serve` needs pip install 'transformers[serving]'",
)
EVERY = QUESTIONS * ROUNDS
GENERATION = {"max_gen_toks": 32}


def chat(server: Serving, model: Path, **more: Any) -> dict[str, Any]:
    return {
        "model": "local-chat-completions",
        "model_args": {
            "model": model,
            "base_url": server.url,
            "num_concurrent": 2,
            "max_retries": 1,
        },
        "gen_kwargs": GENERATION,
        **more,
    }


def failed(outcome: Outcome) -> list[float]:
    return [outcome.results[f"failed@{t},strict"] for t in range(1, ROUNDS + 1)]


def test_server_answers_as_the_model_itself(model: Path, data: Path, tmp_path: Path) -> None:
    with Serving(model, tmp_path / "server.log") as server:
        served = run(tmp_path / "served", data, **chat(server, model, limit=3))
        assert server.answered == 3 * ROUNDS
    local = evaluate(
        HFLM(pretrained=str(model), device="cpu", dtype="float32"),
        {"ptr_data": str(data)},
        apply_chat_template=True,
        gen_kwargs=GENERATION,
        limit=3,
    )
    expected = [[response for (response,) in sample["resps"]] for sample in samples(local)]
    assert served.answers == expected
    assert len({tuple(rounds) for rounds in served.answers}) == 3
    assert failed(served) == [0, 0, 0]


def test_a_server_draws_candidates_apart(model: Path, data: Path, tmp_path: Path) -> None:
    drawing = shutil.copytree(model, tmp_path / "drawing")
    file = drawing / "generation_config.json"
    # This server samples only if its model says so.
    file.write_text(json.dumps({**json.loads(file.read_text()), "do_sample": True}))
    sampled = {**GENERATION, "temperature": 1, "do_sample": True}
    with Serving(drawing, tmp_path / "server.log") as server:
        options = chat(server, drawing, metadata="ptr_protocol=parallel", limit=2)
        served = run(tmp_path / "served", data, **{**options, "gen_kwargs": sampled})
        assert server.answered == 2 * 5
    for answers in served.answers:
        assert len(set(answers[:4])) == 4


@pytest.mark.slow
def test_a_run_whose_server_stays_away_ends_and_a_second_run_asks_the_rest(
    model: Path, data: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    with Serving(model, tmp_path / "server.log") as server:
        options = chat(server, model, metadata=f"ptr_max_wait=2,ptr_ledger={ledger}")
        with Command(tmp_path / "killed", data, **options) as command:
            while kept(ledger) < QUESTIONS + 3:  # In the midst of rounds that overlap.
                assert not command.ended, command.log[-3000:]
                time.sleep(0.02)
            server.kill()
            assert command.status() == 1
            assert "cannot be reached" in command.log
            assert "earlier answers are in the ledger" in command.log
    before = kept(ledger)
    assert QUESTIONS + 3 <= before < EVERY
    with Serving(model, tmp_path / "again.log", server.port) as server:
        resumed = run(tmp_path / "resumed", data, **options)
        assert server.answered == EVERY - before
    assert failed(resumed) == [0, 0, 0]
    assert kept(ledger) == EVERY
