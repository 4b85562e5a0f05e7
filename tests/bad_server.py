"""A server that misbehaves: each of its modes is a function from a request to a response."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.chat_server import LocalServer, Response
from tests.scripted_lm import evaluate, gold


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and all that a mode may go by."""

    payload: dict[str, Any]
    """What was sent."""
    question: int
    """The question."""
    round: int
    """The round, as the history shows it."""
    before: int
    """How many times the same prompt was asked before."""
    earlier: int
    """How many requests came before, whatever they asked."""
    at: float
    """When it came, in seconds since the first request."""
    served: Sequence[float]
    """When the earlier requests came that were answered with status 200."""
    in_flight: int
    """How many requests are under way, this one included."""

    @property
    def right(self) -> str:
        """The right answer."""
        return f"The answer is {gold(self.question)}."

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of a chat."""
        messages: list[dict[str, Any]] = self.payload.get("messages", [])
        return messages


Mode = Callable[[Asked], Response | None]
"""From a request to the response; None drops the connection."""


class BadServer(LocalServer):
    """Serves what a mode says, on connections that stay open.

    Args:
        mode: The mode.
        port: Where to listen; any free port by default.
    """

    def __init__(self, mode: Mode, port: int = 0) -> None:
        super().__init__(port, "HTTP/1.1")
        self.mode = mode
        self.log: list[tuple[Asked, Response | None]] = []
        self._prompts: Counter[str] = Counter()
        self._in_flight = 0
        self._began = 0.0

    @property
    def completions_url(self) -> str:
        return self.url.replace("chat/", "")

    def times(self, question: int, round_: int) -> int:
        """Count how many times a question was asked in a round."""
        return self.asked.count((question, round_))

    def respond_to(self, path: str, payload: dict[str, Any]) -> Response | None:
        with self._lock:
            now = time.monotonic()
            self._began = self._began or now
            prompt = self.prompt(payload)
            self._in_flight += 1
            asked = Asked(
                payload,
                *self._place(payload),
                before=self._prompts[prompt],
                earlier=len(self.log),
                at=now - self._began,
                served=[a.at for a, response in self.log if response and response.status == 200],
                in_flight=self._in_flight,
            )
            response = self.mode(asked)
            self._prompts[prompt] += 1
            self.payloads.append(payload)
            self.log.append((asked, response))
        return response

    def sent(self, payload: dict[str, Any]) -> None:
        with self._lock:
            self._in_flight -= 1


TRIES = 2
"""How often a client may send a request that fails in a way that may pass."""


def ask(
    server: BadServer,
    settings: Mapping[str, Any],
    concurrent: int = 4,
    max_retries: int = TRIES,
    ca_cert_path: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Evaluate through a chat server, with a client that waits no longer than a second."""
    arguments = {
        "model": "m", "base_url": server.url, "num_concurrent": concurrent,
        "max_retries": max_retries, "timeout": 1, "ca_cert_path": ca_cert_path,
    }  # fmt: skip
    chosen = {"apply_chat_template": True, "limit": 3, **options}
    return evaluate("local-chat-completions", settings, model_args=arguments, **chosen)


# What modes are made of


def chat(content: Any, reason: str | None = "stop", **fields: Any) -> dict[str, Any]:
    """Write one choice of a chat, with further fields of the message."""
    said = {"role": "assistant", "content": content, **fields}
    return {"index": 0, "finish_reason": reason, "logprobs": None, "message": said}


def plain(text: Any, reason: str | None = "stop") -> dict[str, Any]:
    """Write one choice of a plain completion."""
    return {"index": 0, "finish_reason": reason, "logprobs": None, "text": text}


def body(*choices: Any, **more: Any) -> dict[str, Any]:
    """Write the body of an answer."""
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    facts = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"}
    return {**facts, "choices": list(choices), "usage": usage, **more}


def says(asked: Asked, content: Any, reason: str | None = "stop", **fields: Any) -> Response:
    """Answer with a content, and further fields of the message."""
    if not asked.messages:
        return Response.of(body(plain(content, reason)))
    return Response.of(body(chat(content, reason, **fields)))


def fine(asked: Asked) -> Response:
    """Answer rightly."""
    return says(asked, asked.right)


def rejects(status: int, error: Any, **headers: str) -> Mode:
    """Make a mode that sends a status with a body of JSON."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Response.of(error, status, headers=sent)


def openai(message: str, type_: str = "invalid_request_error", code: Any = None) -> dict[str, Any]:
    """Write an error as OpenAI does."""
    return {"error": {"message": message, "type": type_, "param": None, "code": code}}


def page(status: int, text: str, kind: str = "text/html") -> Mode:
    """Make a mode that sends something that is not JSON."""
    return lambda asked: Response(text.encode(), status, {"Content-Type": kind})


def message(content: Any, reason: str | None = "stop", **fields: Any) -> Mode:
    """Make a mode that answers with a content, whatever was asked."""
    return lambda asked: says(asked, content, reason, **fields)


# Where and when a mode holds; elsewhere the server answers rightly


def when(condition: Callable[[Asked], bool], mode: Mode) -> Mode:
    """Let a mode hold for some requests."""
    return lambda asked: mode(asked) if condition(asked) else fine(asked)


def late(mode: Mode, seconds: float = 0.05) -> Mode:
    """Let a mode take a little time, as servers that are not on this machine do."""

    def answer(asked: Asked) -> Response | None:
        response = mode(asked)
        return response and replace(response, delay=response.delay + seconds)

    return answer


def once(mode: Mode) -> Mode:
    """Let a mode hold the first time that a prompt is asked."""
    return when(lambda asked: asked.before == 0, mode)


def for_question(number: int, mode: Mode) -> Mode:
    """Let a mode hold for one question."""
    return when(lambda asked: asked.question == number, mode)


def in_round(number: int, mode: Mode) -> Mode:
    """Let a mode hold in one round."""
    return when(lambda asked: asked.round == number, mode)


def every_third(mode: Mode) -> Mode:
    """Let a mode hold for every third question."""
    return when(lambda asked: asked.question % 3 == 0, mode)


def from_request(number: int, mode: Mode) -> Mode:
    """Let a mode hold from the n-th request on, counted from 0."""
    return when(lambda asked: asked.earlier >= number, mode)
