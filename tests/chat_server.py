"""A server on this machine that answers from a plan, in the form of OpenAI's: chats and prompts."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.scripted_lm import place, planned

Respond = Callable[[int, int], str | int | None]
"""From a question's number and round to the content, null, or an HTTP error's status."""


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up."""


class ChatServer:
    """Serves chat completions, and plain ones, until the end of a `with` block.

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
        self.respond = respond
        self.decode = decode
        self.dies_after = dies_after
        self.payloads: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server = _Quiet(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

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

    def __enter__(self) -> "ChatServer":
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

    def reply(self, payload: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Note a request, and choose status and body; None to drop the connection."""
        with self._lock:
            self.payloads.append(payload)
            dead = self.dies_after is not None and len(self.payloads) > self.dies_after
        if dead:
            return None
        content = self.respond(*self._place(payload))
        if isinstance(content, int):
            return content, {"error": {"message": "this prompt is refused"}}
        said = {"message": {"role": "assistant", "content": content}, "text": content}
        return 200, {"choices": [{"index": 0, "finish_reason": "stop", **said}]}

    def prompt(self, payload: dict[str, Any]) -> str:
        """Write a request's prompt out as text."""
        if self.decode is not None:
            (tokens,) = payload["prompt"]
            return self.decode(tokens)
        return "\n".join(message["content"] for message in payload["messages"])

    def _place(self, payload: dict[str, Any]) -> tuple[int, int]:
        return place(self.prompt(payload))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                reply = server.reply(json.loads(self.rfile.read(length)))
                if reply is None:
                    self.close_connection = True
                    return
                body = json.dumps(reply[1]).encode()
                self.send_response(reply[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing on standard error."""

        return Handler
