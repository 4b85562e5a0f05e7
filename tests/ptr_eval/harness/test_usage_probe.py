"""What rounds take beyond tokens: in the results file, and nowhere else."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import ChatServer
from tests.scripted_lm import ScriptedLM, evaluate, records, samples

TOLD = {
    "prompt_tokens": 50,
    "prompt_tokens_details": {"cached_tokens": 7},
    "completion_tokens": 30,
    "completion_tokens_details": {"reasoning_tokens": 20},
}


class CachingServer(ChatServer):
    """A chat server that tells how many tokens it took, and how many of them it had cached."""

    def reply(self, payload: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        replied = super().reply(payload)
        return replied and (replied[0], {**replied[1], "usage": TOLD})


def spent(results: dict[str, Any], name: str) -> Any:
    return results["configs"]["ptr_gsm8k"]["ptr"].get(name)


def ask(url: str, settings: dict[str, Any], concurrent: int) -> dict[str, Any]:
    arguments = {"model": "m", "base_url": url, "num_concurrent": concurrent, "max_retries": 1}
    return evaluate(
        "local-chat-completions", settings, model_args=arguments, apply_chat_template=True
    )


def test_each_round_s_seconds_are_recorded(sums: Path) -> None:
    results = evaluate(ScriptedLM(), {"ptr_data": str(sums)})
    assert len(spent(results, "seconds")) == 3
    assert all(0 < seconds < 60 for seconds in spent(results, "seconds"))
    assert spent(results, "cached_prompt_tokens") is None
    assert "seconds" not in json.dumps(samples(results)[0]["doc"])
    assert all("spent" not in arguments[2] for arguments in samples(results)[0]["arguments"])


@pytest.mark.parametrize("concurrent", [1, 4])
def test_what_a_server_tells_of_its_cache_is_added_up(sums: Path, concurrent: int) -> None:
    with CachingServer() as server:
        results = ask(server.url, {"ptr_data": str(sums)}, concurrent)
    assert spent(results, "cached_prompt_tokens") == pytest.approx([140, 140, 140])


def test_tokens_are_those_that_a_server_tells_in_a_resumed_run_too(
    sums: Path, tmp_path: Path
) -> None:
    settings = {"ptr_data": str(sums), "ptr_ledger": str(tmp_path / "ledger")}
    with CachingServer() as server:
        runs = [ask(server.url, settings, 4)]
    with ChatServer(port=server.port) as server:
        runs.append(ask(server.url, settings, 4))
    for results in runs:
        for record in (record for sample in samples(results) for record in records(sample)):
            assert [record[f"{kind}_tokens"] for kind in ("prompt", "generated", "visible")] == [
                50, 30, 10,
            ]  # fmt: skip


def test_a_resumed_run_adds_what_it_spent_before(sums: Path, tmp_path: Path) -> None:
    settings = {"ptr_data": str(sums), "ptr_ledger": str(tmp_path / "ledger")}
    with CachingServer() as server:
        first = ask(server.url, settings, 4)
    with ChatServer(port=server.port) as server:
        again = ask(server.url, settings, 4)
        assert not server.payloads
    for name in ("seconds", "cached_prompt_tokens"):
        assert spent(again, name) == pytest.approx(spent(first, name))
