"""The client by itself: what is left behind when something in it breaks."""

import gc
import logging
from typing import Any

import pytest

from ptr_eval.servers import Pace, Server, ask
from tests.bad_server import BadServer, fine, late


def meet_an_error() -> None:
    """Send three requests at once, of which one cannot be written."""
    sound: dict[str, Any] = {"messages": [{"role": "user", "content": "[q1] How many?"}]}
    with BadServer(late(fine, 0.5)) as server:
        asked = Server(server.url, in_flight=4)
        with pytest.raises(TypeError, match="not JSON"):
            list(ask(asked, Pace(4), [sound, {"messages": object()}, sound]))


def test_an_error_of_one_request_leaves_no_other_under_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        meet_an_error()
        gc.collect()  # What is still under way then says so.
    assert caplog.messages == []
