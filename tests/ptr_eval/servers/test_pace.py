"""Rate limits are met at most once, in simulated time."""

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ptr_eval.servers import Pace
from tests.ptr_eval.servers.limited_server import Crowded, Says, Sliding, Windows, run

SAYS: list[Says] = ["nothing", "seconds", "whole seconds"]


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("limit", [5, 10, 40, 100])
@pytest.mark.parametrize("phase", [0.0, 0.6])
def test_a_limit_a_second_is_met_by_what_is_in_flight_and_never_again(
    says: Says, limit: int, phase: float
) -> None:
    course = run(Windows(limit, 1.0, says, phase))
    assert 0 < len(course.refusals) <= 4
    (window,) = {window for _, window in course.refusals}
    assert window in (-1, 0)
    assert course.seconds < 1.3 * (300 / limit) + 1.5
    assert course.most == 4


@settings(max_examples=60, deadline=None)
@example(3, 10.0, "seconds", False, 0.5, 1, 0)  # Leaves 1, until a little more is tried.
@given(
    limit=st.integers(3, 120),  # Of 2 a window of unknown length leaves 1, for too long.
    length=st.sampled_from([1.0, 2.0, 10.0, 60.0]),
    says=st.sampled_from(SAYS),
    sliding=st.booleans(),
    phase=st.floats(0, 1),
    in_flight=st.integers(1, 16),
    seed=st.integers(0, 100),
)
def test_no_limit_starves_a_run_or_is_stormed(
    limit: int, length: float, says: Says, sliding: bool, phase: float, in_flight: int, seed: int
) -> None:
    server = Sliding(limit, length, says) if sliding else Windows(limit, length, says, phase)
    course = run(server, requests=200, in_flight=in_flight, seed=seed)
    # Without a word from the server a window of 60 s is found out by pauses of 1, 2, 4 ... s.
    each = Counter(window for _, window in course.refusals)
    assert max(each.values(), default=0) <= in_flight + 6
    assert course.seconds <= 2.7 * (200 / limit + 1) * length + 70


@pytest.mark.parametrize("after", [None, 0.3, 2.0])
@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.3])
def test_refusals_at_random_are_no_limit(share: float, after: float | None) -> None:
    """Each costs a pause; they do not teach to send ever less, down to one request a minute."""
    course = run(Crowded(share, after), requests=1000, in_flight=16)
    assert course.seconds < 3 * len(course.refusals) * (after or 1.0) + 100


def test_without_refusals_nothing_waits() -> None:
    pace = Pace(3)
    for number in range(3):
        assert pace.delay(number / 10) == 0
        pace.started(number / 10)
    assert pace.delay(0.3) is None
    pace.answered(0.0)
    assert pace.delay(0.4) == 0
    assert pace.silence(1000.0) == 0


def test_a_refusal_pauses_all_and_one_request_goes_first() -> None:
    pace = Pace(4)
    for _ in range(4):
        pace.started(0.0)
    pace.refused(0.1, 0.0, 5.0, by_rate=False)
    assert pace.delay(0.2) == pytest.approx(4.95)
    pace.answered(0.0)
    pace.answered(0.0)
    pace.answered(0.0)
    assert pace.delay(5.2) == 0
    pace.started(5.2)
    assert pace.delay(5.2) is None
    pace.answered(5.2)
    assert (pace.limit, pace.delay(5.3)) == (3, 0)


def test_pauses_double_until_the_server_answers() -> None:
    pace, now, pauses = Pace(1), 0.0, []
    for _ in range(8):
        pace.started(now)
        pace.refused(now, now, None, by_rate=False)
        delay = pace.delay(now)
        assert delay is not None
        pauses.append(round(delay))
        now += delay
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pace.silence(now) == pytest.approx(now)
    pace.started(now)
    pace.answered(now)
    assert pace.silence(now + 5) == 0
    pace.started(now + 10)
    pace.refused(now + 10, now + 10, None, by_rate=False)
    assert pace.delay(now + 10) == pytest.approx(1.05)


def test_an_overload_teaches_no_limit() -> None:
    pace = Pace(2)
    for number in range(10):
        pace.started(number / 100)
        pace.answered(number / 100)
    pace.started(0.2)
    pace.refused(0.2, 0.2, 1.0, by_rate=False)
    for number in range(30):
        now = 2 + number / 100
        assert pace.delay(now) == 0
        pace.started(now)
        pace.answered(now)


def test_in_flight_grows_again_with_answers() -> None:
    pace = Pace(8)
    pace.started(0.0)
    pace.refused(0.0, 0.0, 1.0, by_rate=False)
    limits = []
    for number in range(40):
        pace.started(2.0 + number)
        pace.answered(2.0 + number)
        limits.append(pace.limit)
    assert limits[0] == 4
    assert limits[-1] == 8
    assert limits == sorted(limits)


def test_too_many_at_the_same_time_are_not_taken_for_too_many_a_second() -> None:
    pace = Pace(4)
    for _ in range(4):
        pace.started(0.0)
    pace.refused(0.01, 0.0, None, by_rate=True)
    pace.refused(0.01, 0.0, None, by_rate=True)
    pace.answered(0.0)
    pace.answered(0.0)
    now = 2.0
    for _ in range(50):  # One goes first, then two at a time.
        assert pace.delay(now) == 0
        pace.started(now)
        pace.answered(now)
        now += 0.05
