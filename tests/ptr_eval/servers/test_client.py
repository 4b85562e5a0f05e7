"""The client by itself: what is left behind when something in it breaks."""

import gc
import logging
from contextlib import closing
from typing import Any

import pytest

from ptr_eval.servers import Rejection, Server, Stream
from tests.bad_modes import MODES
from tests.bad_server import BadServer, every_third, fine, late


def meet_an_error() -> None:
    """Send three requests at once, of which one cannot be written."""
    sound: dict[str, Any] = {"messages": [{"role": "user", "content": "[q1] How many?"}]}
    with BadServer(late(fine, 0.5)) as server:
        with closing(Stream(Server(server.url, in_flight=4))) as stream:
            for place, payload in enumerate([sound, {"messages": object()}, sound]):
                stream.send(place, payload)
            with pytest.raises(TypeError, match="not JSON"):
                stream.receive()


def test_an_error_of_one_request_leaves_no_other_under_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        meet_an_error()
        gc.collect()  # What is still under way then says so.
    assert caplog.messages == []


def asked(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"[q{number}] How many?"}]}


def test_nothing_is_started_and_nothing_waited_for_before_the_first_request() -> None:
    with closing(Stream(Server("http://127.0.0.1:1/nowhere"))) as stream:
        assert stream.has_room()
        assert stream.receive() == []


def test_there_is_room_for_what_may_be_in_flight_and_a_little_more() -> None:
    with BadServer(late(fine, 0.2)) as server:
        with closing(Stream(Server(server.url, in_flight=16))) as stream:
            sent = 0
            while stream.has_room():
                stream.send(sent, asked(sent))
                sent += 1
            assert sent == 18
            assert stream.receive(wait=False) == []
            results: list[Any] = []
            while len(results) < sent:
                results += stream.receive()
            assert sorted(place for place, _ in results) == list(range(sent))
    assert max(one.in_flight for one, _ in server.log) == 16


def test_what_waits_to_be_tried_again_leaves_its_room_to_others() -> None:
    with BadServer(every_third(MODES["500_text"])) as server:
        with closing(Stream(Server(server.url, in_flight=2, attempts=2))) as stream:
            stream.send(0, asked(0))
            stream.send(1, asked(1))
            assert not stream.has_room()
            results = stream.receive()
            while not results or not stream.has_room():
                results += stream.receive()
            stream.send(3, asked(3))
            stream.send(4, asked(4))
            assert not stream.has_room()
            while len(results) < 4:
                results += stream.receive()
    found = dict(results)
    assert isinstance(found[0], Rejection)
    assert isinstance(found[3], Rejection)
    assert server.times(0, 1) == server.times(3, 1) == 2
