"""Servers on this machine in the form of OpenAI's: chats and prompts, answered from a plan."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.scripted_lm import place, planned

Respond = Callable[[int, int], str | int | None]
"""From a question's number and round to the content, null, or an HTTP error's status."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server sends back."""

    body: bytes
    """The body."""
    status: int = 200
    """The status code."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers beside the body's length; the content type is JSON's if none is given, and an empty
    header is not sent."""
    delay: float = 0.0
    """How many seconds pass before anything is sent."""
    sent: int | None = None
    """After how many bytes of the body the connection is dropped; None to send all of it."""

    @classmethod
    def of(cls, body: Any, status: int = 200, **more: Any) -> "Response":
        """Make a response whose body is JSON."""
        return cls(json.dumps(body).encode(), status, **more)


_PHRASES = {int(status): status.phrase for status in HTTPStatus}


class _Quiet(ThreadingHTTPServer):
    request_queue_size = 128  # So many may connect at once.

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up."""


class LocalServer:
    """Serves what its `respond_to` says, until the end of a `with` block.

    Args:
        port: Where to listen; any free port by default.
        protocol: The version of HTTP; 1.1 keeps connections open.
    """

    def __init__(self, port: int = 0, protocol: str = "HTTP/1.0") -> None:
        self.payloads: list[dict[str, Any]] = []
        self.connections = 0
        self.sessions: list[str | None] = []
        self._lock = threading.Lock()
        self._server = _Quiet(("127.0.0.1", port), _handler(self, protocol))
        # It looks every so many seconds whether it is to end.
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"

    @property
    def asked(self) -> list[tuple[int, int]]:
        """Which question and round each request was for, in the order of arrival."""
        return [self._place(payload) for payload in self.payloads]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def prompt(self, payload: dict[str, Any]) -> str:
        """Write a request's prompt out as text."""
        if "prompt" in payload:
            return str(payload["prompt"])
        return "\n".join(message["content"] for message in payload["messages"])

    def _place(self, payload: dict[str, Any]) -> tuple[int, int]:
        """Tell which question a request asks, and in which round."""
        return place(self.prompt(payload))

    def respond_to(self, path: str, payload: dict[str, Any]) -> Response | None:
        """Note a request, and choose the response; None to drop the connection."""
        raise NotImplementedError

    def sent(self, payload: dict[str, Any]) -> None:
        """Hear that a request's response is sent."""


class ChatServer(LocalServer):
    """Serves chat completions, and plain ones.

    Args:
        respond: The plan.
        dies_after: Answer so many requests, then drop every connection.
        port: Where to listen; any free port by default.
        decode: From the token ids of a plain completion's prompt to its text.
    """

    def __init__(
        self,
        respond: Respond = planned,
        *,
        dies_after: int | None = None,
        port: int = 0,
        decode: Callable[[list[int]], str] | None = None,
    ) -> None:
        super().__init__(port)
        self.respond = respond
        self.decode = decode
        self.dies_after = dies_after

    def __enter__(self) -> "ChatServer":
        return super().__enter__()

    def respond_to(self, path: str, payload: dict[str, Any]) -> Response | None:
        replied = self.reply(payload)
        return Response.of(replied[1], replied[0]) if replied else None

    def reply(self, payload: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Note a request, and choose status and body; None to drop the connection."""
        with self._lock:
            self.payloads.append(payload)
            dead = self.dies_after is not None and len(self.payloads) > self.dies_after
        if dead:
            return None
        content = self.say(payload)
        if isinstance(content, int):
            return content, {"error": {"message": "this prompt is refused"}}
        said = {"message": {"role": "assistant", "content": content}, "text": content}
        return 200, {"choices": [{"index": 0, "finish_reason": "stop", **said}]}

    def say(self, payload: dict[str, Any]) -> str | int | None:
        """Choose the content, null, or an HTTP error's status."""
        return self.respond(*self._place(payload))

    def prompt(self, payload: dict[str, Any]) -> str:
        if self.decode is not None:
            (tokens,) = payload["prompt"]
            return self.decode(tokens)
        return super().prompt(payload)


def _handler(server: LocalServer, protocol: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol

        def setup(self) -> None:
            super().setup()
            server.connections += 1

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            payload = json.loads(self.rfile.read(length))
            server.sessions.append(self.headers["X-Session-ID"])
            response = server.respond_to(self.path, payload)
            try:
                self._send(response)
            finally:
                server.sent(payload)

        def _send(self, response: Response | None) -> None:
            self.close_connection = response is None or response.sent is not None
            if response is None:
                return
            time.sleep(response.delay)
            headers = {"Content-Type": "application/json", **response.headers}
            if "Transfer-Encoding" not in headers:
                headers["Content-Length"] = str(len(response.body))
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
            phrase = _PHRASES.get(response.status, "Overloaded")
            head = f"{protocol} {response.status} {phrase}\r\n{lines}\r\n"
            self.wfile.write(head.encode() + response.body[: response.sent])

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on standard error."""

    return Handler
