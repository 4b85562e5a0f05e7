"""Responses with status 200, whatever they hold."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.servers import Generation, Rejection, read_body


def read(body: Any) -> Generation | Rejection:
    return read_body(json.dumps(body).encode())


def chat(content: Any, reason: Any = "stop", **message: Any) -> Any:
    return {"choices": [{"message": {"content": content, **message}, "finish_reason": reason}]}


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


@pytest.mark.parametrize(
    ("body", "generation"),
    [
        (chat("4"), Generation("4", finish_reason="stop")),
        (chat("4", "length"), Generation("4", finish_reason="length")),
        (chat("4", None), Generation("4")),
        (chat(None), Generation("", finish_reason="stop")),
        (chat([text("a"), text("b"), "c"]), Generation("abc", finish_reason="stop")),
        (
            chat([{"type": "thinking", "thinking": "hm"}, text("4")]),
            Generation("4", "hm", "stop"),
        ),
        (
            chat([{"type": "thinking", "thinking": [text("h"), text("m")]}, text("4")]),
            Generation("4", "hm", "stop"),
        ),
        (chat("4", reasoning_content="hm"), Generation("4", "hm", "stop")),
        (chat("", "length", reasoning="hm"), Generation("", "hm", "length")),
        ({"choices": [{"text": "4", "finish_reason": "stop"}]}, Generation("4", "", "stop")),
        ({"choices": [{"index": 1, "text": "b"}, {"index": 0, "text": "a"}]}, Generation("a")),
        (
            {"content": [text("4")], "stop_reason": "max_tokens"},
            Generation("4", finish_reason="length"),
        ),
        (
            {**chat("4"), "usage": {"prompt_tokens_details": {"cached_tokens": 7}}},
            Generation("4", finish_reason="stop", cached_tokens=7.0),
        ),
        (
            {
                **chat("4"),
                "usage": {
                    "prompt_tokens": 9,
                    "completion_tokens": 5,
                    "completion_tokens_details": {"reasoning_tokens": 3},
                },
            },
            Generation(
                "4",
                finish_reason="stop",
                prompt_tokens=9,
                generated_tokens=5,
                hidden_tokens=3,
            ),
        ),
        (
            {**chat("4"), "usage": {"prompt_tokens": -1, "completion_tokens": "5"}},
            Generation("4", finish_reason="stop"),
        ),
        (
            {**chat("4"), "usage": {"prompt_tokens_details": {"cached_tokens": float("nan")}}},
            Generation("4", finish_reason="stop"),
        ),
        (chat([{"type": "redacted_thinking", "data": "x"}]), Generation("", finish_reason="stop")),
        ({**chat("4"), "usage": "none", "error": None}, Generation("4", finish_reason="stop")),
    ],
)
def test_texts_thoughts_and_ends(body: Any, generation: Generation) -> None:
    assert read(body) == generation


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (chat(None, refusal="I will not"), "I will not (finish reason: stop)"),
        (chat([{"type": "refusal", "refusal": "No"}]), "No (finish reason: stop)"),
        (chat(None, refusal={"why": "no"}), "{'why': 'no'} (finish reason: stop)"),
        (chat("", "content_filter"), "no words (finish reason: content_filter)"),
        (chat("part", "content_filter"), "part (finish reason: content_filter)"),
        ({"content": [], "stop_reason": "refusal"}, "no words (finish reason: refusal)"),
    ],
)
def test_refusals(body: Any, words: str) -> None:
    found = read(body)
    assert isinstance(found, Generation)
    assert (found.text, found.refusal) == ("", words)


@pytest.mark.parametrize(
    ("body", "remedy", "words"),
    [
        ({"error": {"message": "engine is dead"}}, "retry", "an error with HTTP 200: engine is"),
        ({"error": {"message": "slow down", "code": 429}}, "wait", "HTTP 429 Too Many Requests"),
        ({"error": {"message": "bad key", "code": "401"}}, "none", "HTTP 401 Unauthorized: bad"),
        ({"error": {"type": "overloaded_error"}}, "wait", "an error with HTTP 200: overloaded"),
        ({"choices": []}, "retry", "a response without an answer: no choices"),
        ({"choices": [None]}, "retry", "a response without an answer: no choices"),
        ({"choices": [{"message": None}]}, "retry", "a response without an answer: a choice"),
        ({"choices": [{"error": {"message": "gone"}}]}, "retry", "an error with HTTP 200"),
        (chat(7), "retry", "a response without an answer: content in an unknown form (7)"),
        (
            chat([{"type": "text", "text": {"value": "4"}}]),
            "retry",
            "a response without an answer: content in an unknown form ([{'type': 'text', 'text'",
        ),
        (chat([{"type": "tool_use", "name": "calc"}]), "retry", "a response without an answer: co"),
        (chat(None, "tool_calls", tool_calls=[{}]), "none", "the model called a tool"),
        (["hello"], "retry", 'a response without an answer: no object but ["hello"]'),
    ],
)
def test_errors_in_good_clothes(body: Any, remedy: str, words: str) -> None:
    found = read(body)
    assert isinstance(found, Rejection)
    assert found.remedy == remedy
    assert found.words.startswith(words)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "an empty response with HTTP 200"),
        (b'data: {"choices": []}\n\n', "an event stream instead of JSON"),
        (b"<title>Sign in</title>", "no JSON but: Sign in"),
        (b'{"choices": [', 'no JSON but: {"choices": ['),
        (bytes(range(128, 256)), "no JSON but bytes that are no text"),
    ],
)
def test_what_is_no_json_may_be_better_the_next_time(raw: bytes, words: str) -> None:
    found = read_body(raw)
    assert isinstance(found, Rejection)
    assert (found.remedy, found.status) == ("retry", 200)
    assert found.words.startswith(words)


def test_a_byte_order_mark_and_broken_bytes_are_read() -> None:
    raw = b"\xef\xbb\xbf" + json.dumps(chat("x")).encode().replace(b"x", b"x\xff")
    assert read_body(raw) == Generation("x\ufffd", finish_reason="stop")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "error", "text", "refusal", "usage"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(JSON)
def test_any_json_has_an_outcome(body: Any) -> None:
    assert isinstance(read(body), Generation | Rejection)


@given(st.binary(max_size=200))
def test_any_bytes_have_an_outcome(raw: bytes) -> None:
    assert isinstance(read_body(raw), Generation | Rejection)
