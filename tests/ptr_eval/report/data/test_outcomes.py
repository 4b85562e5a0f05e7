"""What came of requests, in numbers and in words."""

import numpy as np
import pandas as pd
import pytest

from ptr_eval.report.data.outcomes import (
    OUTCOMES,
    count_outcomes,
    existing,
    missing_share,
    phrase,
    why_no_claim,
)
from ptr_eval.stats.arrays import Codes


def counts(**of: int) -> Codes:
    return np.array([of.get(name, 0) for name in OUTCOMES], dtype=np.int64)


def test_what_failed_or_was_refused_is_no_answer_and_what_is_empty_is_one() -> None:
    rows = pd.DataFrame({"outcome": pd.Categorical(OUTCOMES, OUTCOMES)})
    assert existing(rows).tolist() == [True, True, True, False, False]
    assert count_outcomes(rows["outcome"]).tolist() == [1] * 5
    assert missing_share(count_outcomes(rows["outcome"])) == 0.4
    assert missing_share(counts()) == 0


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (counts(answered=10), ""),
        (counts(answered=200, failed=100), "33 % failed"),
        (counts(answered=85, failed=5, refused=10), "10 % refused, 5 % failed"),
        (counts(answered=997, failed=3), "0.3 % failed"),
        (counts(answered=10_000, failed=1), "under 0.1 % failed"),
    ],
)
def test_shares_in_words(found: Codes, said: str) -> None:
    assert phrase(found) == said


def test_more_than_one_in_twenty_of_any_round_forbids_claims() -> None:
    fine = counts(answered=95, failed=5)
    assert why_no_claim([fine, counts(answered=50, empty=50)]) == ""
    assert (
        why_no_claim([fine, counts(answered=94, failed=3, refused=3)]) == "3 % refused, 3 % failed"
    )
