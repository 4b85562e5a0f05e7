"""A server whose texts follow from all that is sent, and which counts what is under way."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.chat_server import LocalServer, Response

Write = Callable[[str, int], str | int]
"""From a prompt and a number drawn from all that is sent to a text, or an HTTP error's status."""


class TextServer(LocalServer):
    """Answers after times that differ.

    Args:
        write: What it writes.
        slow: The longest time that an answer takes, in seconds.
    """

    def __init__(self, write: Write, slow: float = 0.02) -> None:
        super().__init__(protocol="HTTP/1.1")
        self.write = write
        self.slow = slow
        self.peak = 0
        self._under_way = 0

    @property
    def client(self) -> dict[str, Any]:
        """Arguments of a backend that asks it, six requests at once."""
        return {"model": "m", "base_url": self.url, "max_retries": 1, "num_concurrent": 6}

    @property
    def times(self) -> Counter[str]:
        """How many times each request came, by all that was sent."""
        return Counter(json.dumps(payload, sort_keys=True) for payload in self.payloads)

    def respond_to(self, path: str, payload: dict[str, Any]) -> Response:
        drawn = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()
        written = self.write(self.prompt(payload), drawn[0])
        with self._lock:
            self.payloads.append(payload)
            self._under_way += 1
            self.peak = max(self.peak, self._under_way)
        if isinstance(written, int):
            return Response.of({"error": {"message": "this prompt is refused"}}, written)
        said = {"role": "assistant", "content": written}
        choice = {"index": 0, "finish_reason": "stop", "message": said}
        return Response.of({"choices": [choice]}, delay=drawn[1] / 255 * self.slow)

    def sent(self, payload: dict[str, Any]) -> None:
        with self._lock:
            self._under_way -= 1
