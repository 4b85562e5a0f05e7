"""Rounds through `local-chat-completions` and a chat server that misbehaves."""

import gc
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from ptr_eval.errors import UserError
from tests.chat_server import ChatServer
from tests.scripted_lm import (
    QUESTIONS,
    by_round,
    evaluate,
    evaluate_into,
    gold,
    planned,
    records,
    samples,
)  # fmt: skip

CONCURRENCY = [1, 4]


def ask(url: str, settings: dict[str, Any], concurrent: int = 4, **options: Any) -> dict[str, Any]:
    arguments = {"model": "m", "base_url": url, "num_concurrent": concurrent, "max_retries": 1}
    return evaluate(
        "local-chat-completions",
        settings,
        model_args=arguments,
        apply_chat_template=True,
        **options,
    )


@pytest.fixture
def settings(sums: Path) -> dict[str, Any]:
    return {"ptr_data": str(sums), "ptr_scorers": "strict"}


@pytest.fixture
def ledger(tmp_path: Path) -> dict[str, str]:
    return {"ptr_ledger": str(tmp_path / "ledger")}


def refusing(question: int, round_: int) -> str | int:
    return 400 if (question, round_) == (3, 2) else planned(question, round_)


@pytest.mark.parametrize("concurrent", CONCURRENCY)
def test_a_server_answers_round_by_round(settings: dict[str, Any], concurrent: int) -> None:
    with ChatServer() as server:
        results = ask(server.url, settings, concurrent)
    assert by_round(results) == [0.4, 0.7, 0.6]
    assert len(server.payloads) == 3 * QUESTIONS
    for payload in server.payloads:
        roles = [message["role"] for message in payload["messages"]]
        assert roles == ["user", *["assistant", "user"] * (len(roles) // 2)]
        assert payload["max_tokens"] == 1024
    assert samples(results)[5]["arguments"][1][0].count('"role"') == 3


@pytest.mark.parametrize("concurrent", CONCURRENCY)
def test_a_server_of_plain_completions_is_sent_rendered_prompts_that_fit(
    settings: dict[str, Any], tiny_model: Path, concurrent: int
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    with ChatServer(decode=tokenizer.decode) as server:
        results = evaluate(
            "local-completions",
            settings,
            model_args={
                "model": "m", "base_url": server.url, "num_concurrent": concurrent,
                "max_retries": 1, "tokenizer_backend": "huggingface", "max_length": 190,
                "tokenizer": str(tiny_model),
            },
            apply_chat_template=True,
            gen_kwargs="max_gen_toks=32",
            limit=6,
        )  # fmt: skip
    prompts = [server.prompt(payload) for payload in server.payloads]
    assert all(prompt.startswith("<|user|>Question: [q") for prompt in prompts)
    assert by_round(results)[:2] == [1.0, 1.0]
    assert by_round(results, "truncated") == [0.0, 0.0, 1.0]
    sent = sorted(len(payload["prompt"][0]) for payload in server.payloads)
    counted = [record["prompt_tokens"] for sample in samples(results) for record in records(sample)]
    assert sorted(counted) == sent
    assert sent[-1] <= 190 - 32


@pytest.mark.parametrize("concurrent", CONCURRENCY)
def test_a_refused_request_is_counted_and_the_rest_is_scored(
    settings: dict[str, Any], concurrent: int
) -> None:
    with ChatServer(refusing) as server:
        results = ask(server.url, settings, concurrent)
    assert by_round(results, "failed") == [0.0, 0.05, 0.05]
    assert by_round(results) == pytest.approx([0.4, 13 / 19, 11 / 19])
    failed = [record["failure"] for record in records(samples(results)[3])]
    assert failed[0] is None
    assert failed[1:] == ["HTTP 400 Bad Request: this prompt is refused"] * 2
    others = [place for place in server.asked if place[0] != 3]
    assert len(set(others)) == 3 * (QUESTIONS - 1)


def test_a_refused_request_leaves_no_log_of_those_that_went_down_with_it(
    settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with ChatServer(refusing) as server:
        ask(server.url, {**settings, "ptr_rounds": 2}, concurrent=4)
    gc.collect()  # asyncio speaks up when a forgotten task is collected.
    assert not [text for text in caplog.messages if "never retrieved" in text]
    assert not [text for text in caplog.messages if " is closed" in text]
    assert any(text.startswith("1 of 40 requests failed;") for text in caplog.messages)


@pytest.mark.parametrize("concurrent", CONCURRENCY)
def test_a_first_request_that_is_refused_does_not_end_the_run(
    settings: dict[str, Any], concurrent: int
) -> None:
    with ChatServer(
        lambda question, round_: 400 if question == 0 else "The answer is 101."
    ) as server:
        results = ask(server.url, {**settings, "ptr_rounds": 1}, concurrent, limit=2)
    assert by_round(results, "failed") == [0.5]
    assert by_round(results) == [1.0]


def test_a_server_that_is_down_is_one_clear_error(settings: dict[str, Any]) -> None:
    with ChatServer() as server:
        gone = server.url
    with pytest.raises(UserError, match=r"cannot be reached .* Check base_url") as caught:
        ask(gone, settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("concurrent", CONCURRENCY)
def test_a_server_that_dies_leaves_the_rest_failed_and_a_rerun_asks_only_that(
    settings: dict[str, Any], ledger: dict[str, str], concurrent: int
) -> None:
    chosen = {**settings, **ledger, "ptr_rounds": 2}
    with ChatServer(dies_after=QUESTIONS + 8) as server:
        broken = ask(server.url, chosen, concurrent)
    failed = [
        sample["doc_id"] for sample in samples(broken) if records(sample)[1]["failure"] is not None
    ]
    assert by_round(broken, "failed") == [0.0, len(failed) / QUESTIONS]
    # Up to `concurrent` answers may be lost with the connections they came through.
    assert QUESTIONS - 8 <= len(failed) <= QUESTIONS - 8 + concurrent
    with ChatServer(port=server.port) as server:
        mended = ask(server.url, chosen, concurrent)
    assert by_round(mended) == [0.4, 0.7]
    assert set(server.asked) == {(number, 2) for number in failed}


def test_a_dead_server_is_not_asked_for_ever(settings: dict[str, Any]) -> None:
    chosen = {**settings, "ptr_samples": 2, "ptr_rounds": 2}
    with ChatServer(dies_after=2 * QUESTIONS) as server:
        results = ask(server.url, chosen, concurrent=1)
    assert len(server.payloads) == 2 * QUESTIONS + 20
    reasons = [record["failure"] for sample in samples(results) for record in records(sample)]
    assert sum("ServerDisconnected" in str(reason) for reason in reasons) == 20
    assert sum(str(reason).startswith("not asked: ") for reason in reasons) == 20
    assert by_round(results, "failed") == [0.0, 1.0]


def test_a_rerun_asks_only_what_was_refused(
    settings: dict[str, Any], ledger: dict[str, str]
) -> None:
    chosen = {**settings, **ledger, "ptr_rounds": 2}
    with ChatServer(refusing) as server:
        ask(server.url, chosen)
        address = server.url
        server.respond, server.payloads = planned, []
        results = ask(address, chosen)
        assert server.asked == [(3, 2)]
        server.payloads = []
        assert ask(address, chosen)["results"] == results["results"]
        assert server.payloads == []
    assert by_round(results) == [0.4, 0.7]
    assert by_round(results, "failed") == [0.0, 0.0]


@pytest.mark.parametrize("concurrent", CONCURRENCY)
def test_samples_are_drawn_with_seeds_of_their_own_and_the_same_ones_again(
    settings: dict[str, Any], concurrent: int
) -> None:
    chosen = {**settings, "ptr_samples": 4, "ptr_rounds": 2}
    options = {"gen_kwargs": "temperature=0.7,do_sample=True", "limit": 2}
    seeds: list[dict[str, list[int]]] = []
    for _ in range(2):
        with ChatServer() as server:
            ask(server.url, chosen, concurrent, **options)
        drawn: dict[str, list[int]] = {}
        for payload in server.payloads:
            assert payload["temperature"] == 0.7
            drawn.setdefault(str(payload["messages"]), []).append(payload["seed"])
        assert len(drawn) == 4
        assert all(len(set(each)) == 4 for each in drawn.values())
        seeds.append({prompt: sorted(each) for prompt, each in drawn.items()})
    assert seeds[0] == seeds[1]


def test_another_seed_draws_others(settings: dict[str, Any]) -> None:
    found = []
    for seed in (1, 2):
        with ChatServer() as server:
            chosen = {**settings, "ptr_seed": seed, "ptr_rounds": 1}
            ask(server.url, chosen, limit=1, gen_kwargs="temperature=0.7")
        found.append(server.payloads[0]["seed"])
    assert found[0] != found[1]


@pytest.mark.parametrize("concurrent", CONCURRENCY)
@pytest.mark.parametrize("content", [None, ""])
def test_null_or_empty_content_is_no_answer(
    settings: dict[str, Any], content: str | None, concurrent: int
) -> None:
    def respond(question: int, round_: int) -> str | None:
        return content if next(asked) < 2 else f"The answer is {gold(question)}."

    asked = itertools.count()
    with ChatServer(respond) as server:
        results = ask(server.url, {**settings, "ptr_rounds": 2}, concurrent, limit=2)
    # An empty message would be refused by strict servers: the question is asked again alone.
    assert [len(payload["messages"]) for payload in server.payloads] == [1] * 4
    assert by_round(results) == [0.0, 1.0]
    assert by_round(results, "no_answer") == [1.0, 0.0]
    assert by_round(results, "empty") == [1.0, 0.0]
    assert samples(results)[0]["resps"][0] == [""]


def test_a_lone_surrogate_in_an_answer_reaches_the_samples_file(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    with ChatServer(lambda q, round_: f"\ud800 The answer is {gold(q)}.") as server:
        results = evaluate_into(
            tmp_path,
            "local-chat-completions",
            {**settings, "ptr_rounds": 2},
            model_args={"model": "m", "base_url": server.url, "max_retries": 1},
            apply_chat_template=True,
            limit=2,
        )
    assert by_round(results) == [1.0, 1.0]
    (file,) = tmp_path.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["resps"][1] for row in rows] == [
        [f"\ufffd The answer is {gold(q)}."] for q in (0, 1)
    ]
