"""Asking a server what lm-eval's client of it would ask, each request with an outcome of its own.

The payload, the address and the headers are those of lm-eval's client, which is not used to send:
one rejected request would end all that are in flight, and what the server said is lost there.
"""

import copy
import hashlib
import ssl
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ptr_eval.errors import UserError
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.requests import Request
from ptr_eval.protocols import Reply
from ptr_eval.servers import Generation, Rejection, Result, Server, Stream
from ptr_eval.thinking import opening_mark


def server_of(backend: Backend, max_wait: float) -> Server:
    """Describe the server behind lm-eval's client."""
    lm: Any = backend.lm
    if not lm.base_url:
        raise UserError("The server's address is missing; add base_url=URL to --model_args.")
    try:
        headers = dict(lm.header)
    except ValueError as error:  # The key is missing.
        raise UserError(str(error)) from error
    if any(not c.isprintable() for value in headers.values() for c in str(value)):
        raise UserError(
            "The server's key holds a line break or another control character; correct "
            "OPENAI_API_KEY (or auth_token in --model_args)."
        )
    return Server(
        url=lm.base_url,
        headers=headers,
        in_flight=backend.workers * max(1, int(lm._batch_size)),
        attempts=max(1, lm.max_retries),
        timeout=lm.timeout,
        max_wait=max_wait,
        verify=_certificates(lm),
    )


@dataclass(slots=True)
class ServerStream:
    """Requests to the server behind lm-eval's client, answered as they are ready."""

    backend: Backend
    """The client."""
    max_wait: float
    """For how many seconds the server may refuse everything for load, or be gone."""
    holds: ClassVar[None] = None  # It does not say.
    _stream: Stream | None = field(default=None, init=False)
    _requests: dict[int, Request] = field(default_factory=dict, init=False)

    def has_room(self) -> bool:
        """Tell whether another request would soon be sent."""
        return self._stream is None or self._stream.has_room()

    def send(self, place: int, request: Request) -> None:
        """Send a request; returns at once."""
        if self._stream is None:
            self._stream = Stream(server_of(self.backend, self.max_wait))
        payload = payload_of(self.backend, request)
        self._stream.send(place, payload, session_of(request))
        self._requests[place] = request

    def receive(self, *, wait: bool) -> list[tuple[int, Reply | Rejection]]:
        """Get what is finished, by the places that requests were given."""
        results = self._stream.receive(wait=wait) if self._stream else []
        return [(place, self._read(self._requests.pop(place), result)) for place, result in results]

    def close(self) -> None:
        """Drop what is in flight."""
        if self._stream:
            self._stream.close()

    def _read(self, request: Request, result: Result) -> Reply | Rejection:
        if isinstance(result, Rejection):
            return result
        return reply_of(result, request, getattr(self.backend.lm, "think_end_token", None))


def reply_of(generation: Generation, request: Request, think_end: str | None) -> Reply:
    """Make a reply of what a server generated.

    Thoughts in a field of their own are put before the text between the marks of a thinking block,
    unless the model's arguments ask to leave thoughts out (lm-eval's `think_end_token`).
    """
    text, thought = generation.text, generation.thought
    generated, hidden = generation.generated_tokens, generation.hidden_tokens
    if think_end:
        text = text.split(think_end)[-1].lstrip()
    elif thought:
        text = _with_thought(text, thought, request, generation)
    if generation.refusal is not None:
        text = ""
    return Reply(
        text,
        finish_reason=generation.finish_reason,
        refusal=generation.refusal,
        cached_tokens=generation.cached_tokens,
        prompt_tokens=generation.prompt_tokens,
        # Without the thoughts that are left out, the text is counted.
        generated_tokens=0 if think_end else generated,
        visible_tokens=max(1, generated - hidden) if hidden and not think_end else None,
    )


def _with_thought(text: str, thought: str, request: Request, generation: Generation) -> str:
    end = request.spec.context.settings.thinking_end
    begin = opening_mark(end)
    if not begin:
        return text
    cut = generation.finish_reason == "length" and not text
    return f"{begin}{thought}" if cut else f"{begin}{thought}{end}{text}"


def session_of(request: Request) -> str:
    """Name the dialogue of a request: all its prompts begin in the same way."""
    facts = repr((request.spec.opening, request.spec.sample))
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def payload_of(backend: Backend, request: Request) -> dict[str, Any]:
    """Make the payload that lm-eval's client would send."""
    lm: Any = backend.lm
    content: Any = request.prompt
    if lm.tokenized_requests:
        # Prompts fit already; this is lm-eval's own limit.
        most = lm.max_length - backend.max_generated(request.settings)
        content = lm.tok_encode(content, add_special_tokens=lm.add_bos_token)[-most:]
    # With one request at a time lm-eval stops at the end-of-text token's name, with several not.
    eos = {"eos": lm.eos_string} if lm._concurrent <= 1 else {}
    payload: dict[str, Any] = lm._create_payload(
        lm.create_message([content]),
        generate=True,
        gen_kwargs=copy.deepcopy(request.settings),
        seed=lm._seed,
        **eos,
    )
    if not payload.get("stop", True):
        del payload["stop"]  # OpenAI refuses an empty list.
    return payload


def _certificates(lm: Any) -> bool | ssl.SSLContext:
    if lm.verify_certificate and lm.ca_cert_path:
        try:
            return ssl.create_default_context(cafile=lm.ca_cert_path)
        except OSError as error:  # Also of a file that holds no certificate.
            raise UserError(
                f"ca_cert_path={lm.ca_cert_path} in --model_args: no certificates can be read from "
                f"it ({error.strerror or error}); name a file in PEM format."
            ) from error
    return bool(lm.verify_certificate)
