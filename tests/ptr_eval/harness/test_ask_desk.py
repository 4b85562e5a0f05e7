"""Much is asked at once, whatever work it is for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.harness.ask_desk import AskedOpenings, Sampling
from ptr_eval.harness.asks import Work, carry_out, together
from tests.bad_server import BadServer, fine, says
from tests.chat_server import Response
from tests.ptr_eval.harness.asked_openings import DRAWN, GREEDY, client, openings, texts
from tests.scripted_lm import ScriptedLM, planned


def asking(
    lm: Any, *asks: Sequence[int], samples: int = 1, ledger: Path | None = None
) -> Work[Any]:
    """Ask about questions, one ask after the other."""
    found = []
    for numbers in asks:
        sampling = Sampling(DRAWN if samples > 1 else GREEDY.generation, samples)
        (replies,) = yield [AskedOpenings(lm, openings(numbers), sampling, ledger)]
        found.append(texts(replies))
    return found


def answered(numbers: Sequence[int], samples: int = 1) -> list[list[str]]:
    return [[planned(n, 1)] * samples for n in numbers]


def slow_chat() -> BadServer:
    return BadServer(lambda asked: replace(says(asked, planned(asked.question, 1)), delay=0.03))


def test_as_much_is_under_way_as_allowed_whatever_work_it_is_for() -> None:
    with slow_chat() as server:
        lm = client(server.url)
        works = [asking(lm, [n], [n + 10], samples=2) for n in range(5)]
        found = carry_out(works)
    assert found == [[answered([n], 2), answered([n + 10], 2)] for n in range(5)]
    assert max(asked.in_flight for asked, _ in server.log) == 4
    assert server.connections <= 4


def test_what_was_begun_is_finished_first_unless_rounds_are_to_go_together() -> None:
    for in_order in (True, False):
        with slow_chat() as server:
            lm = client(server.url, num_concurrent=1)
            carry_out([asking(lm, [n], [n + 10]) for n in range(5)], in_order=in_order)
        order = [question for question, _ in server.asked]
        assert (order.index(10) < order.index(4)) == in_order


def test_in_lockstep_and_in_batches_one_work_follows_the_other() -> None:
    with slow_chat() as server:
        lm = client(server.url)
        carry_out([asking(lm, [n], [n + 10]) for n in range(3)], engine="lockstep")
    assert [question for question, _ in server.asked] == [0, 10, 1, 11, 2, 12]
    scripted = ScriptedLM()
    found = carry_out([asking(scripted, [n, n + 1], [n + 10]) for n in range(3)])
    assert found == [[answered([n, n + 1]), answered([n + 10])] for n in range(3)]
    assert scripted.calls == [2, 1] * 3


@pytest.mark.parametrize("served", [True, False])
def test_works_that_are_done_together_get_their_own_replies(served: bool) -> None:
    with slow_chat() as server:
        lm = client(server.url) if served else ScriptedLM()
        works = [asking(lm, [1, 2], [3]), asking(lm), asking(lm, [4])]
        (found,) = carry_out([together(works)])
    assert found == [[answered([1, 2]), answered([3])], [], [answered([4])]]


def test_the_same_request_is_under_way_only_once_for_a_ledger(tmp_path: Path) -> None:
    for ledgers, sent in ((["a", "a"], 3), (["b", "c"], 6)):
        with slow_chat() as server:
            lm = client(server.url)
            works = [asking(lm, [1, 2, 3], ledger=tmp_path / name) for name in ledgers]
            assert carry_out(works) == [[answered([1, 2, 3])]] * 2
        assert len(server.payloads) == sent


def test_work_that_fails_ends_all_and_what_was_answered_is_known_afterwards(tmp_path: Path) -> None:
    ended: list[int] = []

    def failing(lm: Any, number: int) -> Work[Any]:
        try:
            found = yield from asking(lm, [number], ledger=tmp_path / "ledger")
            if number == 1:
                raise KeyError(number)
            yield from asking(lm, [number + 10], ledger=tmp_path / "ledger")
            return found
        finally:
            ended.append(number)

    with slow_chat() as server:
        lm = client(server.url)
        with pytest.raises(KeyError):
            carry_out([failing(lm, n) for n in range(3)])
        before = len(server.payloads)
        carry_out([asking(lm, [1], ledger=tmp_path / "ledger")])
    assert sorted(ended) == [0, 1, 2]
    assert len(server.payloads) == before


def test_a_few_failures_at_first_do_not_end_works_that_are_to_come() -> None:
    refusal = Response.of({"error": {"message": "no"}}, 400)
    with BadServer(lambda asked: refusal if asked.question < 2 else fine(asked)) as server:
        lm = client(server.url, num_concurrent=1)
        found = carry_out([asking(lm, [n]) for n in range(4)])
    assert [texts_ == [[[""]]] for texts_ in found] == [True, True, False, False]


def test_what_an_earlier_version_wrote_into_a_ledger_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, ledger = [1, 2, 1, 3], tmp_path / "ledger"
    with slow_chat() as server:
        lm = client(server.url)
        with monkeypatch.context() as patch:
            # It numbered equal requests, and did not say who asks.
            patch.setattr("ptr_eval.harness.ask_desk.stream_of", lambda *how: None)
            before = carry_out([asking(lm, numbers, samples=2, ledger=ledger)])
        asked = len(server.payloads)
        after = carry_out([asking(lm, numbers, samples=2, ledger=ledger)])
    assert asked == len(server.payloads) == 8
    assert after == before == [[answered(numbers, 2)]]
