"""The modes of a misbehaving server, each as it was seen of a real one."""

import gzip
import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from tests.bad_server import (
    Asked,
    Mode,
    body,
    chat,
    fine,
    message,
    openai,
    page,
    plain,
    rejects,
    says,
)  # fmt: skip
from tests.chat_server import Response

THOUGHT = "Let me think of 999."
"""What a thinking model thinks; it must be seen neither by scorers nor in a history."""
SLOW = 1.6
"""Longer than the shortest time that lm-eval's clients can be told to wait, in seconds."""
_NGINX = "<html>\r\n<head><title>{0}</title></head>\r\n<body><h1>{0}</h1></body>\r\n</html>"
_OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
_RATE = openai("Rate limit reached for m: limit 3 per minute.", "requests", "rate_limit_exceeded")
_QUOTA = openai(
    "You exceeded your current quota, please check your plan and billing details.",
    "insufficient_quota",
    "insufficient_quota",
)
_TOOLS = [{"id": "c1", "type": "function", "function": {"name": "calc", "arguments": "{}"}}]


def _parts(*parts: Any) -> Mode:
    """Answer with a list of parts; RIGHT stands for the right answer."""
    return lambda asked: says(asked, json.loads(json.dumps(parts).replace("RIGHT", asked.right)))


def _with(**fields: Any) -> Mode:
    """Answer rightly, with further fields of the message."""
    return lambda asked: says(asked, asked.right, **fields)


def _around(**facts: Any) -> Mode:
    """Answer rightly, with other facts beside the choices."""
    return lambda asked: Response.of({**json.loads(fine(asked).body), **facts})


def _edited(edit: Callable[[bytes], bytes], **headers: str) -> Mode:
    """Answer rightly, with the body's bytes edited."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Response(edit(fine(asked).body), headers=sent)


def _choices(*choices: Any, **more: Any) -> Mode:
    return lambda asked: Response.of(body(*choices, **more))


def _retry_at_a_date(asked: Asked) -> Response:
    date = formatdate(time.time() + 1, usegmt=True)
    return Response.of(_RATE, 429, headers={"Retry-After": date})


def _text_only(asked: Asked) -> Response:
    return Response.of(body(plain(asked.right)))


def _no_index(asked: Asked) -> Response:
    said = chat(asked.right)
    del said["index"]
    return Response.of(body(said))


def _two_choices(asked: Asked) -> Response:
    other = {**chat("The answer is 7."), "index": 1}
    return Response.of(body(other, chat(asked.right)))


def _surrogate(asked: Asked) -> Response:
    return says(asked, f"\ud800 {asked.right}")


def _dropped(asked: Asked) -> None:
    return None


STATUSES: dict[str, Mode] = {
    "400_max_tokens": rejects(
        400,
        openai("Unsupported parameter: max_tokens is not supported; use max_completion_tokens."),
    ),
    "400_stop": rejects(400, openai("Unsupported parameter: stop is not supported.")),
    "400_system": rejects(400, {"object": "error", "message": "system role is not supported"}),
    "400_context": rejects(
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you asked "
            "for 5096 tokens.",
            "type": "BadRequestError",
            "code": 400,
        },
    ),
    "400_text": page(400, "Bad prompt: banned word", "text/plain"),
    "400_empty_body": page(400, "", "text/plain"),
    "401_key": rejects(401, openai("Incorrect API key provided: sk-1.", code="invalid_api_key")),
    "402_credit": rejects(402, {"error": {"message": "Insufficient credits", "code": 402}}),
    "403_region": rejects(403, {"error": "Country, region, or territory not supported"}),
    "404_model": rejects(404, {"error": "model 'm' not found, try pulling it first"}),
    "302_nowhere": page(302, ""),
    "304_unasked": page(304, ""),
    "404_html": page(404, _NGINX.format("404 Not Found")),
    "405_method": rejects(405, {"detail": "Method Not Allowed"}),
    "408_timeout": rejects(408, openai("Request timed out in the queue", "timeout")),
    "413_large": page(413, _NGINX.format("413 Request Entity Too Large")),
    "422_detail": rejects(
        422,
        {"detail": [{"type": "missing", "loc": ["body", "inputs"], "msg": "Field required"}]},
    ),
    "429_seconds": rejects(429, _RATE, Retry_After="1"),
    "429_fraction": rejects(429, _RATE, Retry_After="0.3"),
    "429_date": _retry_at_a_date,
    "429_alone": rejects(429, _RATE),
    "429_far": rejects(429, _RATE, Retry_After="86400"),
    "429_zero": rejects(429, _RATE, Retry_After="0"),
    "429_unreadable": rejects(429, _RATE, Retry_After="soon"),
    "429_quota": rejects(429, _QUOTA),
    "500_json": rejects(500, {"error": {"message": "CUDA error: device-side assert"}}),
    "500_text": page(500, "Internal Server Error", "text/plain"),
    "500_request_id": lambda asked: Response.of(
        {"error": {"message": f"Request {7919 * asked.earlier:06x} failed: backend gone"}}, 500
    ),
    "502_html": page(502, _NGINX.format("502 Bad Gateway")),
    "503_retry": rejects(503, {"error": "Model m is overloaded"}, Retry_After="0.3"),
    "503_alone": rejects(503, {"error": "Model m is currently loading"}),
    "504_html": page(504, _NGINX.format("504 Gateway Time-out")),
    "529_overloaded": rejects(529, _OVERLOADED),
}
"""Status codes that are not 200."""

ERRORS: dict[str, Mode] = {
    "error_dict": rejects(200, openai("The upstream provider failed", "server_error")),
    "error_429": rejects(200, {"error": {**_RATE["error"], "code": 429}}),
    "error_text": rejects(200, {"error": "worker died"}),
    "error_nested": rejects(200, {"error": {"error": {"message": "no healthy upstream"}}}),
    "error_in_choice": _choices(
        {
            **chat("", "error"),
            "error": {"code": 502, "message": "provider disconnected"},
        }
    ),
    "error_beside_null": _choices(chat(None), error={"message": "engine is dead"}),
    "choices_empty": _choices(),
    "choices_missing": rejects(200, {"id": "chatcmpl-1", "object": "chat.completion"}),
    "choices_null": _around(choices=None),
    "null_with_tools": message(None, "tool_calls", tool_calls=_TOOLS),
    "tool_part": message([{"type": "tool_use", "name": "calc", "input": {}}], "tool_use"),
    "message_null": _around(choices=[{"index": 0, "finish_reason": "stop", "message": None}]),
    "choice_text": _around(choices=["The answer"]),
    "content_number": message(42),
    "content_dict": message({"answer": "none"}),
    "parts_unknown": message([{"type": "text", "text": {"value": "The answer is 7."}}]),
    "json_broken": page(200, '{"id": "chatcmpl-1", "choices": [', "application/json"),
    "json_cut": _edited(lambda whole: whole[: len(whole) // 2]),
    "json_deep": page(200, "[" * 100_000, "application/json"),
    "no_content": page(204, "", ""),
    "body_empty": page(200, "", "application/json"),
    "body_list": rejects(200, ["hello"]),
    "body_number": rejects(200, 7),
    "body_null": rejects(200, None),
    "event_stream": page(
        200, 'data: {"choices": [{"delta": {"content": "T"}}]}\n\n', "text/event-stream"
    ),
    "html_200": page(200, "<!doctype html><title>Sign in to the gateway</title>"),
    "gzip_unsaid": _edited(gzip.compress),
}
"""Status 200, and no answer."""

REFUSALS: dict[str, Mode] = {
    "refusal": message(None, refusal="I cannot help with that."),
    "refusal_part": message([{"type": "refusal", "refusal": "I cannot help with that."}]),
    "filter_empty": message("", "content_filter"),
    "filter_null": message(None, "content_filter"),
    "filter_partial": message("The answer is", "content_filter"),
    "filter_400": rejects(400, openai("The prompt was filtered.", code="content_filter")),
}
"""The model or its server refuses."""

EMPTY: dict[str, Mode] = {
    "null": message(None),
    "empty": message(""),
    "whitespace": message(" \n\t\n"),
    "parts_none": message([]),
    "parts_blank": message([{"type": "text", "text": ""}]),
    "only_reasoning": message("", reasoning_content=THOUGHT),
    "only_reasoning_null": message(None, reasoning=THOUGHT),
    "cut": message("", "length"),
    "cut_null": message(None, "length"),
    "cut_reasoning": message(None, "length", reasoning_content=THOUGHT),
    "cut_thinking_part": message([{"type": "thinking", "thinking": THOUGHT}], "length"),
    "cut_in_a_block": message(f"<think>{THOUGHT}", "length"),
}
"""Nothing visible."""

ODD: dict[str, Mode] = {
    "parts_text": _parts({"type": "text", "text": "The sum. "}, {"type": "text", "text": "RIGHT"}),
    "parts_plain": _parts("RIGHT"),
    "parts_thinking": _parts(
        {"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": "RIGHT"}
    ),
    "parts_thinking_list": _parts(
        {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]},
        {"type": "text", "text": "RIGHT"},
    ),
    "reasoning_content": _with(reasoning_content=THOUGHT),
    "reasoning": _with(reasoning=THOUGHT, reasoning_details=[{"text": THOUGHT}]),
    "null_extras": _with(refusal=None, tool_calls=None, reasoning_content=None, function_call=None),
    "empty_extras": _with(refusal="", tool_calls=[], reasoning_content=""),
    "error_null": _around(error=None),
    "tools_and_text": _with(tool_calls=_TOOLS),
    "output_text": _parts({"type": "output_text", "text": "RIGHT"}),
    "control_characters": lambda asked: says(asked, f"\x00\x1b[31m {asked.right}"),
    "reason_null": lambda asked: says(asked, asked.right, None),
    "reason_eos": lambda asked: says(asked, asked.right, "eos_token"),
    "length_with_text": lambda asked: says(asked, asked.right, "length"),
    "text_only": _text_only,
    "no_index": _no_index,
    "two_choices": _two_choices,
    "usage_missing": lambda asked: Response.of({"choices": [chat(asked.right)]}),
    "usage_text": _around(usage="many"),
    "usage_garbage": _around(usage={"prompt_tokens": None, "prompt_tokens_details": [1]}),
    "type_text": _edited(bytes, Content_Type="text/plain"),
    "type_missing": _edited(bytes, Content_Type=""),
    "status_201": lambda asked: replace(fine(asked), status=201),
    "chunked": _edited(
        lambda whole: b"%x\r\n%b\r\n0\r\n\r\n" % (len(whole), whole), Transfer_Encoding="chunked"
    ),
    "closes_unsaid": lambda asked: replace(fine(asked), sent=len(fine(asked).body)),
    "gzip": _edited(gzip.compress, Content_Encoding="gzip"),
    "byte_order_mark": _edited(lambda whole: b"\xef\xbb\xbf" + whole),
    "very_large": _around(padding="x" * 8_000_000),
    "invalid_utf8": _edited(lambda whole: whole.replace(b"The answer", b"\xff The answer")),
    "lone_surrogate": _surrogate,
}
"""An answer in an odd form, the right one."""

LOST: dict[str, Mode] = {
    "slow": lambda asked: replace(fine(asked), delay=SLOW),
    "dropped": _dropped,
    "dropped_inside": lambda asked: replace(fine(asked), sent=40),
}
"""The answer is on its way, and does not arrive."""

MODES = {**STATUSES, **ERRORS, **REFUSALS, **EMPTY, **ODD, **LOST}


# Modes that look at what was asked


def strict_about_empty_messages(asked: Asked) -> Response | None:
    """Refuse chats with an empty message; answer question 1 with nothing in round 1."""
    if not all(said["content"].strip() for said in asked.messages):
        return rejects(400, openai("messages: text content blocks must be non-empty"))(asked)
    if (asked.question, asked.round, asked.before) == (1, 1, 0):
        return says(asked, "")
    return fine(asked)


def refuses_parameter(name: str) -> Mode:
    """Refuse requests that hold a parameter."""
    refused = rejects(400, openai(f"Unsupported parameter: '{name}'", code="unsupported_parameter"))
    return lambda asked: refused(asked) if name in asked.payload else fine(asked)


# Rate limits

Tell = Callable[[float], str | None]
"""From the seconds until more is allowed to the header Retry-After, if it is sent."""

TELLS: dict[str, Tell] = {
    "nothing": lambda left: None,
    "seconds": lambda left: str(math.ceil(left)),
    "fraction": lambda left: f"{left:.3f}",
}


def _limited(left: float, tell: Tell) -> Response:
    told = tell(left)
    return Response.of(_RATE, 429, headers={"Retry-After": told} if told is not None else {})


def window(allowed: int, tell: Tell) -> Mode:
    """Answer so many requests in every second that the clock shows."""

    def mode(asked: Asked) -> Response:
        used = sum(int(at) == int(asked.at) for at in asked.served)
        return fine(asked) if used < allowed else _limited(1 - asked.at % 1, tell)

    return mode


def bucket(size: int, per_second: float, tell: Tell) -> Mode:
    """Take a token for each answer out of a bucket that is filled again at a steady rate."""

    def mode(asked: Asked) -> Response:
        tokens, last = float(size), 0.0
        for at in (*asked.served, asked.at):
            tokens = min(size, tokens + (at - last) * per_second)
            last = at
            if at is not asked.at:
                tokens -= 1
        return fine(asked) if tokens >= 1 else _limited((1 - tokens) / per_second, tell)

    return mode


def in_flight(allowed: int) -> Mode:
    """Answer only so many requests at the same time."""

    def mode(asked: Asked) -> Response:
        if asked.in_flight > allowed:
            return Response.of(openai("Too many concurrent requests"), 429)
        return replace(fine(asked), delay=0.05)

    return mode
