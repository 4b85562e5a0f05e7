"""What servers' refusals mean, and the words that users see."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.servers import reject, retry_after
from ptr_eval.servers.rejection import Remedy, one_line, server_words

QUOTA = '{"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}'


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        *((status, "", "none") for status in (400, 401, 402, 403, 404, 405, 413, 422)),
        *((status, "", "retry") for status in (408, 500, 502, 504, 524)),
        *((status, "", "wait") for status in (429, 503, 529)),
        (429, QUOTA, "none"),
        (429, "Your credit balance is too low", "none"),
    ],
)
def test_what_may_help(status: int, body: str, remedy: Remedy) -> None:
    assert reject(status, body).remedy == remedy


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error": {"message": "no such model", "type": "x"}}', "no such model"),
        ('{"error": "worker died"}', "worker died"),
        ('{"error": {"error": {"message": "inner"}}}', "inner"),
        ('{"message": "Incorrect key"}', "Incorrect key"),
        ('{"detail": "Not Found"}', "Not Found"),
        ('{"detail": [{"loc": ["body"], "msg": "Field required"}]}', "Field required"),
        ('{"code": 7}', "7"),
        ('{"odd": 1}', '{"odd": 1}'),
        ("<html><head><title>502 Bad\nGateway</title></head></html>", "502 Bad Gateway"),
        ("<p>Go <b>away</b></p>", "Go away"),
        ("plain\ntext", "plain text"),
        ("", ""),
        ("[" * 100_000, "[" * 300 + "..."),
    ],
)
def test_the_server_s_words(body: str, words: str) -> None:
    assert server_words(body) == words


def test_words_have_the_status_and_the_reason() -> None:
    assert reject(404, '{"error": "no model m"}').words == "HTTP 404 Not Found: no model m"
    assert reject(599, "").words == "HTTP 599"


@given(st.text(max_size=2000), st.integers(400, 599))
def test_words_are_one_short_printable_line(body: str, status: int) -> None:
    words = reject(status, body).words
    assert words.isprintable()
    assert len(words) < 400


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.25", 0.25),
        ("Sun, 29 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 29 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("1e9", None),
        ("", None),
    ],
)
def test_how_long_to_wait(value: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert retry_after({"retry-After": value}, now) == seconds
    assert retry_after({}, now) is None


def test_only_who_is_to_wait_is_told_for_how_long() -> None:
    assert reject(429, "", {"Retry-After": "3"}).after == 3.0
    assert reject(500, "", {"Retry-After": "3"}).after is None


def test_long_and_odd_texts_become_one_line() -> None:
    assert one_line("a\x1b[31m\u2028b\t c") == "a [31m b c"
    assert one_line("x" * 1000) == "x" * 300 + "..."
