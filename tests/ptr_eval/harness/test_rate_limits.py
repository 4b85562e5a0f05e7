"""A server that limits how often it is asked loses no answer, and is not asked all the same."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.bad_modes import TELLS, bucket, in_flight, window
from tests.bad_server import BadServer, Mode, ask
from tests.scripted_lm import by_round, write_sums

QUESTIONS, ROUNDS, IN_FLIGHT, ALLOWED = 150, 2, 4, 100
GRACE = 0.1
"""Requests that were on their way when the first refusal was sent come within so many seconds."""


@pytest.fixture(scope="session")
def many_sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("many"), numbers=range(QUESTIONS))


def answered(folder: Path, mode: Mode, questions: int = QUESTIONS) -> BadServer:
    """Ask all questions of a server, and make sure that it answered them all, once."""
    settings = {"ptr_data": str(folder), "ptr_scorers": "strict", "ptr_rounds": ROUNDS}
    with BadServer(mode) as server:
        results = ask(server, settings, IN_FLIGHT, limit=questions)
    assert by_round(results) == [1.0] * ROUNDS
    assert by_round(results, "failed") == [0.0] * ROUNDS
    places = Counter(
        (asked.question, asked.round)
        for asked, response in server.log
        if response and response.status == 200
    )
    assert set(places.values()) == {1}
    assert len(places) == questions * ROUNDS
    return server


def refused_at(server: BadServer) -> list[float]:
    return [a.at for a, response in server.log if response and response.status == 429]


@pytest.mark.parametrize("told", TELLS)
def test_no_answer_is_lost_to_a_limit_a_second(many_sums: Path, told: str) -> None:
    server = answered(many_sums, window(ALLOWED, TELLS[told]))
    refusals = refused_at(server)
    assert refusals
    assert max(Counter(map(int, refusals)).values()) <= IN_FLIGHT
    if told != "nothing":
        assert not asked_too_early(server)


@pytest.mark.parametrize("told", ["seconds", "fraction"])
def test_no_answer_is_lost_to_a_bucket_of_tokens(many_sums: Path, told: str) -> None:
    server = answered(many_sums, bucket(50, 100, TELLS[told]))
    assert refused_at(server)
    assert not asked_too_early(server)


def test_no_answer_is_lost_to_a_limit_in_flight(many_sums: Path) -> None:
    server = answered(many_sums, in_flight(2), questions=4)
    assert len(refused_at(server)) <= 4 * ROUNDS


def asked_too_early(server: BadServer) -> list[tuple[float, float]]:
    """List the requests that came although a time to wait was known: when, and when they might."""
    early, free = [], 0.0
    known = 0.0
    for asked, response in server.log:
        if known < asked.at < free:
            early.append((asked.at, free))
        told: Any = response and response.headers.get("Retry-After")
        if told and asked.at >= free:
            known = asked.at + GRACE
            free = asked.at + float(told) - 0.01
    return early
