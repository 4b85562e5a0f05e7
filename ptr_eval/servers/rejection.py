"""What a server's refusal of a request means: wait, try again, or give up; and its own words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal

Remedy = Literal["wait", "retry", "none"]
"""What may help: to wait (the server has too much to do), to send the same again (it failed), or
nothing (it does not take this request)."""

_OVERLOADED = {429, 503, 529}
_PASSING = {408, 425, 500, 502, 504, 520, 521, 522, 523, 524}
_UNPAID = ("insufficient_quota", "billing", "credit balance", "exceeded your current quota")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a server did not answer a request."""

    words: str
    """The reason on one line, with the server's own words."""
    remedy: Remedy
    """What may help."""
    status: int | None = None
    """The HTTP status; None where there is none."""
    after: float | None = None
    """How many seconds to wait, if the server gives a time."""
    undelivered: bool = False
    """Whether the request did not reach a server, or no response came back."""
    lost: bool = False
    """Whether the server answered before, is gone now, and was waited for."""

    @property
    def by_server(self) -> bool:
        """Whether it is a server's; else a model in this process raised an error."""
        return self.undelivered or self.status is not None


def reject(status: int, body: str, headers: Mapping[str, str] | None = None) -> Rejection:
    """Understand a response with an error's status.

    Args:
        status: The HTTP status.
        body: The response's body.
        headers: Its headers.

    Returns:
        What it means.
    """
    words = server_words(body)
    words = f"HTTP {status} {_title(status)}".rstrip() + (f": {words}" if words else "")
    remedy: Remedy = "none"
    if status in _OVERLOADED and not any(mark in body.lower() for mark in _UNPAID):
        remedy = "wait"
    elif status in _PASSING:
        remedy = "retry"
    after = retry_after(headers or {}) if remedy == "wait" else None
    return Rejection(words, remedy, status, after)


def undelivered(error: BaseException) -> Rejection:
    """Understand that no response came.

    Args:
        error: What was raised instead.

    Returns:
        What it means.
    """
    words = one_line(str(error))
    name = type(error).__name__
    return Rejection(f"{name}: {words}" if words else name, "retry", undelivered=True)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Read how long a server asks to wait.

    Args:
        headers: Its headers; `Retry-After` is a number of seconds or a date.
        now: The time from which a date is counted; the present by default.

    Returns:
        Seconds, at least 0; None if the server does not say.
    """
    value = next((v for name, v in headers.items() if name.lower() == "retry-after"), None)
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}(\.\d{0,9})?\s*", value):
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())


def server_words(body: str) -> str:
    """Find what a response says in words: an error's message, a page's title, or its text.

    Args:
        body: The body.

    Returns:
        One line; empty if it says nothing.
    """
    try:
        return one_line(_message(json.loads(body)))
    except (ValueError, RecursionError):
        pass
    title = re.search(r"<title[^>]*>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
    if title:
        return one_line(title[1])
    return one_line(re.sub(r"<[^>]{0,1000}>", " ", body[:5000]))


def one_line(text: str) -> str:
    """Shorten a text to one line that can be printed.

    Args:
        text: The text.

    Returns:
        At most 300 characters.
    """
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST])
    line = " ".join(shown.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _message(words: Any) -> str:
    """Find the message in an error as servers spell it (OpenAI, Anthropic, FastAPI, others)."""
    if isinstance(words, str):
        return words
    if isinstance(words, list):
        return "; ".join(filter(None, map(_message, words[:5])))
    if not isinstance(words, dict):
        return "" if words is None else str(words)
    for name in ("error", "message", "detail", "msg", "title", "code", "type"):
        if words.get(name):
            return _message(words[name])
    return json.dumps(words) if words else ""


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
