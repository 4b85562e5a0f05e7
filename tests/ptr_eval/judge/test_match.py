"""What two replies about the same two answers come to."""

import pytest

from ptr_eval.errors import UserError
from ptr_eval.judge import (
    MATCH_OUTCOMES,
    PLAIN,
    JudgedPair,
    count_outcomes,
    decides,
    outcomes_in_words,
    read_text,
    require_readable,
)


def pair(forward: str | None, backward: str | None) -> JudgedPair:
    """Two replies; None for a request that failed."""
    texts = [None if said is None else f"Verdict: {said}" for said in (forward, backward)]
    one, other = (read_text(PLAIN, text or "", None if text else "HTTP 429") for text in texts)
    return JudgedPair(one, other)


@pytest.mark.parametrize(
    ("forward", "backward", "outcome", "better"),
    [
        ("A", "B", "decided", 0),
        ("B", "A", "decided", 1),
        ("A", "A", "order-dependent", None),
        ("B", "B", "order-dependent", None),
        ("tie", "tie", "tied", None),
        ("A", "tie", "tied", None),
        ("tie", "A", "tied", None),
        ("A", "neither", "unreadable", None),
        ("neither", "neither", "unreadable", None),
        ("tie", "neither", "unreadable", None),
        ("A", None, "failed", None),
        (None, "neither", "failed", None),
        (None, None, "failed", None),
    ],
)
def test_a_match_ends_in_one_of_five_ways(
    forward: str | None, backward: str | None, outcome: str, better: int | None
) -> None:
    match = pair(forward, backward)
    assert (match.outcome, match.better) == (outcome, better)


def test_outcomes_are_counted_and_put_into_words() -> None:
    counts = count_outcomes([pair("A", "B"), pair("A", "A"), pair(None, "A"), pair("B", "A")])
    assert tuple(counts) == MATCH_OUTCOMES
    assert outcomes_in_words(counts) == "4 matches: 2 decided, 1 order-dependent, 1 failed"
    assert decides(counts)
    none = count_outcomes([pair("A", "tie")])
    assert outcomes_in_words(none) == "1 match: 0 decided, 1 tied"
    assert not decides(none)
    assert decides(count_outcomes([]))  # There was nothing to decide.


def test_a_judge_of_whom_nothing_can_be_read_is_refused() -> None:
    require_readable([], "j", PLAIN, "--judge-form")
    require_readable([pair(None, None), pair("A", "A")], "j", PLAIN, "--judge-form")
    with pytest.raises(UserError) as caught:
        require_readable([pair(None, None)] * 3, "j", PLAIN, "--judge-form")
    assert str(caught.value) == (
        "The judge j answered none of 6 requests (HTTP 429); correct that, and start again."
    )
    with pytest.raises(UserError) as caught:
        require_readable([pair("what?", "neither"), pair("x", None)], "j", PLAIN, "--judge-form")
    assert str(caught.value) == (
        "No match could be read: 3 of 4 replies of the judge j have no verdict in the form plain "
        "(one ends: 'Verdict: what?'), and 1 failed; choose the judge's own form with --judge-form."
    )
