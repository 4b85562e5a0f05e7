"""Reading a server's response: the text, why it ends, a refusal, or an error in good clothes.

Servers in the form of OpenAI's differ: content may be text, a list of parts, or null; thoughts may
have a field of their own; an error may come with status 200. All of that is read here, once.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ptr_eval.protocols import FinishReason
from ptr_eval.servers.rejection import Rejection, one_line, reject, server_words

_AT_LIMIT = ("length", "max_tokens", "max_output_tokens", "model_length")
_FILTERED = ("content_filter", "refusal", "safety", "blocked")
_TOOLS = ("tool_calls", "tool_use", "function_call")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")


@dataclass(frozen=True, slots=True)
class Generation:
    """What a server generated for one prompt."""

    text: str
    """The text, without thoughts that have a field of their own; empty if there is none."""
    thought: str = ""
    """The thoughts that have a field of their own."""
    finish_reason: FinishReason | None = None
    """Why it ends; None if the server does not say."""
    refusal: str | None = None
    """The words of a refusal; None if there is none."""
    cached_tokens: float | None = None
    """How many of the prompt's tokens came from a cache; None if the server does not say."""
    prompt_tokens: int = 0
    """How many tokens the prompt has; 0 if the server does not say."""
    generated_tokens: int = 0
    """How many tokens were generated, hidden thoughts included; 0 if the server does not say."""
    hidden_tokens: int = 0
    """How many of them are thoughts, as far as the server says."""


def read_body(raw: bytes) -> Generation | Rejection:
    """Read the body of a response with status 200.

    Args:
        raw: The body.

    Returns:
        The generation, or why there is none. A body that is cut off or no JSON may be better the
        next time; an error with a status of its own is what that status means.
    """
    text = raw.decode("utf-8-sig", errors="replace")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return Rejection(_not_json(text), "retry", 200)
    if not isinstance(body, dict):
        return _unreadable(f"no object but {one_line(text)[:100]}")
    if error := body.get("error"):
        return _error(error, text)
    if isinstance(body.get("content"), list | str):  # Anthropic's form.
        return _read_message(body, body.get("stop_reason"), body)
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return _unreadable(f"no choices ({one_line(text)[:100]})")
    choice = next((c for c in choices if isinstance(c, dict) and c.get("index") == 0), choices[0])
    if error := choice.get("error"):
        return _error(error, json.dumps(choice))
    message = choice.get("message")
    if not isinstance(message, dict):
        if "text" not in choice:
            return _unreadable(f"a choice without a message ({one_line(text)[:100]})")
        message = {"content": choice["text"]}
    return _read_message(message, choice.get("finish_reason"), body)


def _read_message(
    message: Mapping[str, Any], reason: Any, body: Mapping[str, Any]
) -> Generation | Rejection:
    read = _read_content(message.get("content"))
    text, thought = read or ("", "")
    for name in _THOUGHTS:
        if isinstance(message.get(name), str):
            thought = thought or message[name]
    refusal = message.get("refusal") or _refused_part(message.get("content"))
    words = str(refusal or "").strip()
    if reason in _FILTERED or words:
        shown = words or text or "no words"
        return Generation("", refusal=one_line(f"{shown} (finish reason: {reason})"))
    called = reason in _TOOLS or message.get("tool_calls") or message.get("function_call")
    if called and not text.strip():
        return Rejection("the model called a tool instead of answering", "none", 200)
    if reason == "error":
        return Rejection("the server stopped with finish reason 'error'", "retry", 200)
    if read is None:  # It may be an answer, in a form that is not known here.
        return _unreadable(
            f"content in an unknown form ({one_line(str(message['content']))[:100]})"
        )
    return Generation(text, thought, _finish_reason(reason), **_used(body))


def _read_content(content: Any) -> tuple[str, str] | None:
    """Separate text and thoughts; None if the content is neither text nor known parts."""
    if content is None:
        return "", ""
    if isinstance(content, str):
        return content, ""
    if not isinstance(content, list):
        return None
    texts, thoughts = [], []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and part.get("type") in ("thinking", "reasoning"):
            thoughts.append(_text_of(part.get("thinking") or part.get("text")))
        elif isinstance(part, dict):
            texts.append(_text_of(part.get("text")))
    if not any(texts) and not all(map(_is_known, content)):
        return None
    return "".join(texts), "".join(thoughts)


def _is_known(part: Any) -> bool:
    """Tell whether a part is of a known form, so that nothing in it is no answer."""
    if not isinstance(part, dict):
        return isinstance(part, str)
    thought = any(word in str(part.get("type")) for word in ("thinking", "reasoning"))
    return thought or isinstance(part.get("text"), str | list) or "refusal" in part


def _refused_part(content: Any) -> Any:
    """Find the words of a refusal that is a part of the content."""
    parts = content if isinstance(content, list) else []
    refusals = (part.get("refusal") for part in parts if isinstance(part, dict))
    return next((words for words in refusals if words), None)


def _text_of(value: Any) -> str:
    if isinstance(value, list):  # Thoughts may themselves be a list of parts.
        return "".join(_text_of(v.get("text")) for v in value if isinstance(v, dict))
    return value if isinstance(value, str) else ""


def _finish_reason(reason: Any) -> FinishReason | None:
    if not isinstance(reason, str):
        return None
    return "length" if reason in _AT_LIMIT else "stop"


def _used(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a response says of tokens, as fields of a generation."""
    usage = _mapping(body.get("usage"))
    cached = _mapping(usage.get("prompt_tokens_details")).get("cached_tokens")
    thought = _mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")
    return {
        "cached_tokens": _number(cached),
        "prompt_tokens": _tokens(usage.get("prompt_tokens")),
        "generated_tokens": _tokens(usage.get("completion_tokens")),
        "hidden_tokens": _tokens(thought),
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _tokens(value: Any) -> int:
    return max(0, int(_number(value) or 0))


def _error(error: Any, text: str) -> Rejection:
    """Understand an error that came with status 200 as what its own code means."""
    code = error.get("code") or error.get("status") if isinstance(error, dict) else None
    if isinstance(code, int | str) and str(code).isdecimal() and 400 <= int(code) < 600:
        return reject(int(code), text)
    if "rate_limit" in text[:2000] or "overloaded" in text[:2000]:
        return Rejection(f"an error with HTTP 200: {server_words(text)}", "wait", 429)
    return Rejection(f"an error with HTTP 200: {server_words(text)}", "retry", 200)


def _not_json(text: str) -> str:
    if not text.strip():
        return "an empty response with HTTP 200"
    if text.lstrip().startswith(("data:", "event:", ":")):
        return "an event stream instead of JSON (the server ignores that no stream was asked for)"
    if text.count("\ufffd") > len(text) // 20:
        return "no JSON but bytes that are no text (compressed, and the header does not say so?)"
    return f"no JSON but: {server_words(text)[:200]}"


def _unreadable(what: str) -> Rejection:
    return Rejection(f"a response without an answer: {what}", "retry", 200)
