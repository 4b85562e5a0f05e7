"""What changed between two rounds, counted."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.stats import changes, transition, transition_counts

Codes = npt.NDArray[np.int64]

CORRECT, WRONG, UNPARSED, MISSING = 0, 1, 2, -1
PAIRS = st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), max_size=40)


def codes(*values: int) -> Codes:
    return np.array(values, dtype=np.int64)


def sides(pairs: list[tuple[int, int]]) -> tuple[Codes, Codes]:
    return codes(*(before for before, _ in pairs)), codes(*(after for _, after in pairs))


def test_counts_have_the_earlier_verdict_in_rows() -> None:
    before = codes(CORRECT, WRONG, WRONG, UNPARSED, MISSING, CORRECT)
    after = codes(CORRECT, CORRECT, CORRECT, WRONG, CORRECT, MISSING)
    counts = transition_counts(before, after)
    np.testing.assert_array_equal(counts, [[1, 0, 0], [2, 0, 0], [0, 1, 0]])
    assert counts.dtype == np.int64


@given(PAIRS)
@settings(max_examples=50, deadline=None)
def test_counts_sum_to_the_recorded_pairs_and_turn_with_time(pairs: list[tuple[int, int]]) -> None:
    before, after = sides(pairs)
    counts = transition_counts(before, after)
    assert counts.sum() == sum(b >= 0 and a >= 0 for b, a in pairs)
    np.testing.assert_array_equal(counts, transition_counts(after, before).T)


def test_changes_by_hand() -> None:
    before = codes(CORRECT, CORRECT, WRONG, WRONG, UNPARSED, MISSING)
    after = codes(CORRECT, WRONG, CORRECT, WRONG, UNPARSED, CORRECT)
    result = changes(before, after, codes(1, 1, 2, 2, -1, 0), codes(1, 3, 4, 5, -1, 7))
    assert result.pairs == 5
    assert (result.fixed, result.broken) == (1 / 5, 1 / 5)
    assert (result.fix_rate, result.break_rate) == (1 / 3, 1 / 2)
    assert result.churn == 3 / 5


def test_a_lost_answer_is_a_changed_answer() -> None:
    result = changes(codes(WRONG), codes(UNPARSED), codes(4), codes(-1))
    assert result.churn == 1


@given(PAIRS)
@settings(max_examples=50, deadline=None)
def test_fixed_less_broken_is_the_gain_in_accuracy(pairs: list[tuple[int, int]]) -> None:
    pairs = [pair for pair in pairs if min(pair) >= 0]
    before, after = sides(pairs)
    result = changes(before, after, before, after)
    if pairs:
        gain = np.mean(after == CORRECT) - np.mean(before == CORRECT)
        assert result.fixed - result.broken == pytest.approx(gain, abs=1e-12)
    else:
        assert math.isnan(result.fixed)


@given(PAIRS)
@settings(max_examples=50, deadline=None)
def test_fixed_and_broken_are_the_means_of_single_transitions(
    pairs: list[tuple[int, int]],
) -> None:
    pairs = [pair for pair in pairs if min(pair) >= 0] or [(CORRECT, CORRECT)]
    result = changes(*sides(pairs), *sides(pairs))
    singles = [transition(before == CORRECT, after == CORRECT) for before, after in pairs]
    assert result.fixed == pytest.approx(np.mean([single.fixed for single in singles]))
    assert result.broken == pytest.approx(np.mean([single.broken for single in singles]))


def test_rates_without_cases_are_nan() -> None:
    right = codes(CORRECT, CORRECT)
    result = changes(right, right, right, right)
    assert math.isnan(result.fix_rate)
    assert result.break_rate == 0


def test_samples_count_as_answers_of_their_own() -> None:
    before, after = codes(CORRECT, WRONG, WRONG, WRONG), codes(CORRECT, CORRECT, WRONG, WRONG)
    flat = changes(before, after, before, after)
    square = changes(*(array.reshape(2, 2) for array in (before, after, before, after)))
    assert square == flat
