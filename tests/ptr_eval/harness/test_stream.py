"""Runs whose dialogues go on one by one, each as soon as a server has answered it."""

import asyncio
import hashlib
import random
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.engine import Ledger
from ptr_eval.errors import UserError
from ptr_eval.harness.stream import SharedClock
from tests.bad_server import Asked, BadServer, ask, fine, says
from tests.chat_server import ChatServer, Response
from tests.scripted_lm import (
    QUESTIONS,
    ScriptedLM,
    by_round,
    evaluate,
    evaluate_into,
    planned,
    samples,
    write_sums,
)

SAMPLED: dict[str, Any] = {"gen_kwargs": "temperature=0.7,do_sample=True"}


@pytest.fixture
def settings(sums: Path, tmp_path: Path) -> dict[str, Any]:
    return {
        "ptr_data": str(sums), "ptr_scorers": "strict", "ptr_ledger": str(tmp_path / "ledger")
    }  # fmt: skip


def by_seed(asked: Asked) -> Response:
    """Draw an answer from all that is sent, after a time that differs."""
    drawn = hashlib.sha256(str(asked.payload).encode()).digest()
    text = f"{'So. ' * (drawn[0] % 9)}The answer is {100 + drawn[1] % 25}."
    return replace(says(asked, text), delay=drawn[2] / 255 * 0.02)


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "greedy": ({}, {}),
    "sampled": ({"ptr_samples": 3}, SAMPLED),
    "parallel": ({"ptr_protocol": "parallel", "ptr_rounds": 3, "ptr_syntheses": 2}, SAMPLED),
}
EACH_CASE = pytest.mark.parametrize("case", CASES)


@EACH_CASE
def test_results_and_samples_are_those_of_lockstep(settings: dict[str, Any], case: str) -> None:
    shape, options = CASES[case]
    found = []
    for engine in ("lockstep", "continuous"):
        chosen = {**settings, **shape, "ptr_ledger": None, "ptr_engine": engine}
        with BadServer(by_seed) as server:
            found.append(ask(server, chosen, 8, limit=8, **options))
    lockstep, continuous = found
    assert continuous["results"] == lockstep["results"]
    assert continuous["samples"] == lockstep["samples"]


def test_a_slow_answer_keeps_no_other_dialogue_waiting(settings: dict[str, Any]) -> None:
    def slow(asked: Asked) -> Response:
        return replace(fine(asked), delay=0.6 if (asked.question, asked.round) == (0, 1) else 0.0)

    found = {}
    for engine in ("lockstep", "auto"):
        with BadServer(slow) as server:
            ask(server, {**settings, "ptr_ledger": None, "ptr_engine": engine}, limit=4)
        found[engine] = server.asked
    assert [round_ for _, round_ in found["lockstep"]] == [1] * 4 + [2] * 4 + [3] * 4
    others = [place for place in found["auto"] if place[0] != 0]
    assert found["auto"].index((0, 2)) == 10
    assert {(q, t) for q in (1, 2, 3) for t in (1, 2, 3)} == set(others)


@EACH_CASE
def test_as_many_requests_as_allowed_are_under_way_at_once_and_never_more(
    settings: dict[str, Any], case: str
) -> None:
    shape, options = CASES[case]
    with BadServer(lambda asked: replace(fine(asked), delay=0.1)) as server:
        ask(server, {**settings, **shape}, 6, limit=9, **options)
    counts = [asked.in_flight for asked, _ in server.log]
    assert max(counts) == 6
    assert server.connections <= 6


def test_one_refused_prompt_among_a_thousand_is_one_failed_answer(tmp_path: Path) -> None:
    data = write_sums(tmp_path, numbers=range(500))

    def mode(asked: Asked) -> Response:
        if (asked.question, asked.round) == (123, 2):
            return Response.of({"error": {"message": "banned word"}}, 400)
        return fine(asked)

    settings = {"ptr_data": str(data), "ptr_scorers": "strict", "ptr_rounds": 2}
    with BadServer(mode) as server:
        results = evaluate_chat(server, settings, 16)
    assert by_round(results, "failed") == [0.0, 0.002]
    assert len(server.payloads) == len(set(server.asked)) == 1000
    assert server.connections <= 16


def test_requests_name_their_dialogue_so_that_routers_can_keep_it_together(
    settings: dict[str, Any],
) -> None:
    with BadServer(fine) as server:
        ask(server, {**settings, "ptr_samples": 2}, 1, limit=3, **SAMPLED)
    dialogues: dict[str | None, set[tuple[int, int]]] = {}
    for session, place in zip(server.sessions, server.asked, strict=True):
        dialogues.setdefault(session, set()).add(place)
    assert None not in dialogues
    assert sorted(map(sorted, dialogues.values())) == sorted(
        [[(question, t) for t in (1, 2, 3)] for question in range(3)] * 2
    )


# Stopped, and run again


class Stop(Exception):
    """Ends a run, as a kill would."""


@EACH_CASE
def test_a_run_that_is_stopped_anywhere_goes_on_and_ends_like_an_undisturbed_one(
    settings: dict[str, Any], case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, options = CASES[case]
    twins = write_sums(tmp_path / "twins", numbers=[0, 1, 2, 0, 1, 3])
    chosen = {**settings, **shape, "ptr_data": str(twins)}
    rng, record = random.Random(case), Ledger.record
    with BadServer(by_seed) as server:
        alone = ask(server, {**chosen, "ptr_ledger": None}, 4, limit=None, **options)
        requests = len(server.payloads)
        server.payloads = []
        stopped = 0
        for number in range(6):
            left = rng.randint(0, requests // 3)

            def until_stopped(ledger: Ledger, replies: Any) -> None:
                nonlocal left
                record(ledger, replies)
                left -= len(replies)
                if left < 0:
                    raise Stop

            ledger = {"ptr_ledger": str(tmp_path / f"ledger{number // 3}")}
            with monkeypatch.context() as patch:
                patch.setattr(Ledger, "record", until_stopped)
                try:
                    ask(server, {**chosen, **ledger}, 4, limit=None, **options)
                except Stop:
                    stopped += 1
        assert stopped >= 4
        for number in range(2):
            ledger = {"ptr_ledger": str(tmp_path / f"ledger{number}")}
            resumed = ask(server, {**chosen, **ledger}, 4, limit=None, **options)
            assert resumed["results"] == alone["results"]
            assert resumed["samples"] == alone["samples"]
    # What was under way when a run was stopped is lost; nothing else is asked twice.
    assert len(server.payloads) <= 2 * requests + 4 * stopped


def test_equal_questions_keep_their_own_answers(settings: dict[str, Any], tmp_path: Path) -> None:
    twins = write_sums(tmp_path / "twins", numbers=[0, 0, 1, 0])
    chosen = {**settings, "ptr_data": str(twins)}
    rng = random.Random(0)
    counter = iter(range(1000))

    def mode(asked: Asked) -> Response:
        return replace(says(asked, f"The answer is {next(counter)}."), delay=rng.random() * 0.02)

    with BadServer(mode) as server:
        first = ask(server, chosen, 3, limit=None)
        again = ask(server, chosen, 3, limit=None)
    assert len(server.payloads) == 12
    assert again["samples"] == first["samples"]
    assert len({text for sample in samples(first) for (text,) in sample["resps"]}) == 12


def test_a_ledger_of_lockstep_is_gone_on_with(settings: dict[str, Any]) -> None:
    with ChatServer() as server:
        first = evaluate_chat(server, {**settings, "ptr_engine": "lockstep"})
        server.payloads = []
        second = evaluate_chat(server, {**settings, "ptr_engine": "continuous"})
    assert server.payloads == []
    assert second["samples"] == first["samples"]


def evaluate_chat(
    server: Any, settings: dict[str, Any], concurrent: int = 4, **options: Any
) -> dict[str, Any]:
    arguments = {"model": "m", "base_url": server.url, "num_concurrent": concurrent}
    return evaluate(
        "local-chat-completions",
        settings,
        model_args=arguments,
        apply_chat_template=True,
        **options,
    )


# A server that goes away


class Restarted:
    """A server that is stopped after some answers, and started again after some seconds."""

    def __init__(self, after: int, seconds: float | None) -> None:
        self.server = ChatServer(self._respond)
        self.port, self.url = self.server.port, self.server.url
        self.after, self.seconds = after, seconds
        self.asked: list[tuple[int, int]] = []
        self.thread: threading.Thread | None = None
        self.server.__enter__()

    def _respond(self, question: int, round_: int) -> str:
        self.asked.append((question, round_))
        if len(self.asked) == self.after:
            self.thread = threading.Thread(target=self._restart)
            self.thread.start()
        return planned(question, round_)

    def _restart(self) -> None:
        self.server.__exit__(None, None, None)
        if self.seconds is not None:
            time.sleep(self.seconds)
            self.server = ChatServer(self._respond, port=self.port)
            self.server.__enter__()

    def close(self) -> None:
        if self.thread:
            self.thread.join()
        if self.seconds is not None:
            self.server.__exit__(None, None, None)


def test_a_server_that_comes_back_in_time_loses_nothing(settings: dict[str, Any]) -> None:
    server = Restarted(after=25, seconds=0.7)
    results = evaluate_chat(server, {**settings, "ptr_max_wait": 20})
    server.close()
    assert by_round(results, "failed") == [0.0] * 3
    assert by_round(results) == [0.4, 0.7, 0.6]
    assert len(set(server.asked)) == 3 * QUESTIONS
    assert len(server.asked) <= 3 * QUESTIONS + 4


def test_a_server_that_stays_away_ends_the_run_and_the_next_one_goes_on(
    settings: dict[str, Any],
) -> None:
    gone = Restarted(after=25, seconds=None)
    with pytest.raises(UserError) as caught:
        evaluate_chat(gone, {**settings, "ptr_max_wait": 1})
    gone.close()
    message = str(caught.value)
    assert f"The server at {gone.url} cannot be reached (" in message
    assert "more than 1 s)); earlier answers are in the ledger, if one is kept." in message
    assert "\n" not in message
    with ChatServer(port=gone.port) as server:
        results = evaluate_chat(server, settings)
    assert by_round(results) == [0.4, 0.7, 0.6]
    assert len(server.asked) <= 3 * QUESTIONS - 25 + 4


# Where it works, and where it does not


def test_it_works_inside_a_running_event_loop(settings: dict[str, Any]) -> None:
    async def notebook(server: ChatServer) -> dict[str, Any]:
        return evaluate_chat(server, settings, limit=3)

    with ChatServer() as server:
        results = asyncio.run(notebook(server))
    assert by_round(results)[:2] == [1.0, 1.0]
    assert len(server.payloads) == 9


def test_a_backend_that_answers_in_batches_cannot_be_continuous(settings: dict[str, Any]) -> None:
    lm = ScriptedLM()
    with pytest.raises(UserError) as caught:
        evaluate(lm, {**settings, "ptr_engine": "continuous"})
    assert str(caught.value) == (
        "ptr_engine=continuous: the backend ScriptedLM answers in batches; leave it out."
    )
    assert lm.prompts == []


def test_a_setting_of_batches_is_named_where_there_are_none(
    settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    said = "ptr_chunk is not used: answers come one by one, and not in batches."
    with ChatServer() as server:
        evaluate_chat(server, {**settings, "ptr_chunk": 7}, limit=1)
        evaluate_chat(server, settings, limit=1)
    evaluate(ScriptedLM(), {**settings, "ptr_chunk": 7}, limit=1)
    assert caplog.messages.count(said) == 1


def test_another_server_refines_while_the_first_still_answers(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    began: list[tuple[int, int]] = []

    def watched(asked: Asked) -> Response:
        began.append((asked.question, asked.round))
        return replace(fine(asked), delay=0.3 if began[-1] in ((0, 1), (3, 1)) else 0.0)

    with BadServer(watched) as first, BadServer(watched) as second:
        file = tmp_path / "second.yaml"
        file.write_text(
            "backend: local-chat-completions\n"
            f"args: {{model: m2, base_url: '{second.url}', num_concurrent: 2}}\n"
        )
        results = ask(first, {**settings, "ptr_aggregator": str(file)}, 2, limit=5)
    assert by_round(results) == [1.0] * 3
    # Two are in flight there, and one of them is slow.
    assert began.index((1, 2)) < began.index((4, 1))
    assert {round_ for _, round_ in first.asked} == {1}
    assert sorted(second.asked) == sorted((q, t) for q in range(5) for t in (2, 3))
    assert all(payload["model"] == "m2" for payload in second.payloads)


def test_a_saved_first_round_is_gone_on_with_at_once(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    once = {**settings, "ptr_rounds": 1, "ptr_ledger": None}
    evaluate_into(tmp_path / "saved", ScriptedLM(), once)
    with BadServer(fine) as server:
        results = ask(server, {**settings, "ptr_first_round": str(tmp_path / "saved")}, limit=5)
    assert by_round(results)[1:] == [1.0, 1.0]
    assert sorted(server.asked) == sorted((q, t) for q in range(5) for t in (2, 3))


def test_seconds_add_up_to_the_time_of_the_run(settings: dict[str, Any]) -> None:
    with BadServer(lambda asked: replace(fine(asked), delay=0.1)) as server:
        began = time.monotonic()
        results = ask(server, settings, 4, limit=4)
        took = time.monotonic() - began
    seconds = results["configs"]["ptr_gsm8k"]["ptr"]["seconds"]
    assert len(seconds) == 3
    assert 0.3 <= sum(seconds) <= took


def test_the_clock_shares_each_moment_out_among_what_is_under_way() -> None:
    clock = SharedClock()
    clock.begin(0, 10.0)
    clock.begin(1, 12.0)  # Two seconds were the first one's alone.
    assert clock.end(0, 16.0) == 4.0
    assert clock.end(1, 17.0) == 3.0
    clock.begin(2, 40.0)  # Nothing was under way in between.
    assert clock.end(2, 41.0) == 1.0
