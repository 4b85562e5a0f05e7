"""When failures end a run, and with which sentence."""

import pytest

from ptr_eval.errors import UserError
from ptr_eval.harness.tally import GIVE_UP, Tally
from ptr_eval.servers import Rejection

KEY = Rejection("HTTP 401 Unauthorized: wrong key", "none", 401)
GONE = Rejection("ClientConnectorError: refused", "retry", undelivered=True)
LONG = Rejection("HTTP 400 Bad Request: too long", "none", 400)
CRASH = Rejection("ValueError: odd", "none")


def count(tally: Tally, *, answers: int = 0, failures: int = 0, why: Rejection = LONG) -> None:
    for _ in range(answers):
        tally.count_answer()
    for _ in range(failures):
        tally.count_failure(why)


def test_three_equal_rejections_before_any_answer_end_the_run() -> None:
    tally = Tally(100, where="The server at URL")
    count(tally, failures=2, why=KEY)
    with pytest.raises(UserError) as caught:
        tally.count_failure(KEY)
    assert str(caught.value) == (
        "The server at URL refused: HTTP 401 Unauthorized: wrong key; nothing was answered. "
        "Check the key (OPENAI_API_KEY, or the one that the backend needs)."
    )


def test_a_server_that_is_not_there_ends_the_run_at_once() -> None:
    with pytest.raises(UserError, match=r"cannot be reached \(Client.*\); nothing was answered"):
        Tally(100).count_failure(GONE)


@pytest.mark.parametrize(
    ("words", "proxies", "remedy"),
    [
        ("refused", {}, "Check base_url, and that the server is running."),
        (
            "refused",
            {"http": "http://proxy:3128"},
            "Check base_url, the proxy (HTTP_PROXY, NO_PROXY), and that the server is running.",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed",
            {},
            "Name the file of its certificate: ca_cert_path=FILE in --model_args.",
        ),
    ],
)
def test_what_may_be_in_the_way_is_named(
    words: str, proxies: dict[str, str], remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptr_eval.harness.tally.getproxies", lambda: proxies)
    with pytest.raises(UserError) as caught:
        Tally(100).count_failure(Rejection(words, "retry", undelivered=True))
    assert str(caught.value) == (
        f"the model cannot be reached ({words}); nothing was answered. {remedy}"
    )


def test_a_run_of_one_request_that_is_rejected_ends() -> None:
    with pytest.raises(UserError, match="too long; nothing was answered"):
        Tally(1).count_failure(LONG)


def test_different_rejections_may_be_the_prompts() -> None:
    tally = Tally(100)
    for number in range(10):
        tally.count_failure(Rejection(f"HTTP 400 Bad Request: word {number}", "none", 400))
    assert tally.failed == 10


def test_after_an_answer_failures_are_counted() -> None:
    tally = Tally(100)
    count(tally, answers=1, failures=GIVE_UP - 1, why=KEY)
    assert not tally.gives_up()
    count(tally, failures=1, why=KEY)
    assert tally.gives_up()
    tally.begin_step()
    assert not tally.gives_up()
    assert (tally.answered, tally.failed) == (1, GIVE_UP)


def test_errors_of_a_model_in_this_process_never_stop_the_asking() -> None:
    tally = Tally(100)
    count(tally, answers=1, failures=2 * GIVE_UP, why=CRASH)
    assert not tally.gives_up()


@pytest.mark.parametrize(("share", "ends"), [(0.2, True), (0.5, False), (None, False)])
def test_too_large_a_share_of_failures_ends_the_run(share: float | None, ends: bool) -> None:
    tally = Tally(100, share)
    count(tally, answers=14, failures=5)
    if not ends:
        tally.count_failure(LONG)
        return
    with pytest.raises(UserError) as caught:
        tally.count_failure(LONG)
    assert str(caught.value) == (
        "6 of 20 requests failed, more than ptr_max_failed=0.2; the last: HTTP 400 Bad Request: "
        "too long. Earlier answers are in the ledger, if one is kept."
    )


def test_a_share_needs_enough_requests_to_count() -> None:
    tally = Tally(100, 0.0)
    count(tally, answers=5, failures=1)
    assert tally.failed == 1
    small = Tally(3, 0.0)
    count(small, answers=2)
    with pytest.raises(UserError, match="1 of 3 requests failed, more than ptr_max_failed=0"):
        small.count_failure(LONG)


def test_the_share_is_looked_at_again_with_the_last_answer() -> None:
    tally = Tally(4, 0.2)
    count(tally, answers=2, failures=1)
    with pytest.raises(UserError, match=r"1 of 4 requests failed, more than ptr_max_failed=0\.2"):
        tally.count_answer()
