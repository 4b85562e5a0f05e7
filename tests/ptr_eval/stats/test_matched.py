"""Votes of more candidates: curves, equal calls and equal tokens."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.stats import (
    CandidateGroups,
    candidate_curve,
    equal_calls,
    equal_tokens,
    group_estimates,
    majority_at_k,
    wilson,
)
from tests.ptr_eval.stats.group_factory import candidate_groups, simulated_groups


def of_tokens(candidate: float, refined: float, groups: int = 4) -> CandidateGroups:
    classes = np.tile([[0, 0, 0], [1, 1, 1]], (groups, 1, 1)).transpose(1, 0, 2)
    return candidate_groups(classes, np.ones((2, groups, 1)), tokens=(candidate, refined))


def test_curves_by_hand() -> None:
    # Pools of 0, 0, 1, 1 and of 0, 0, 0, 0.
    curve = candidate_curve(
        candidate_groups([[[0, 0], [1, 1]], [[0, 0], [0, 0]]], np.ones((2, 2, 1)))
    )
    assert [round(at.value, 6) for at in curve.pass_at] == [0.75, round(11 / 12, 6), 1.0, 1.0]
    assert [at.value for at in curve.majority_at] == pytest.approx([0.75] * 4)
    # Question values of 5/6 and 1.
    assert curve.pass_at[1].error == pytest.approx(1 / 12)
    assert curve.pass_at[3].low == wilson(2, 2).low  # Both questions have a right one.


@given(st.integers(0, 2**32), st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_laws_of_curves(seed: int, size: int) -> None:
    groups = simulated_groups(np.random.default_rng(seed), questions=5, groups=3, size=size)
    found = group_estimates(groups, rng=np.random.default_rng(0), repeats=2)
    curve = candidate_curve(groups)
    passed, majority = ([at.value for at in line] for line in (curve.pass_at, curve.majority_at))
    assert len(passed) == len(majority) == 3 * size
    assert passed[0] == pytest.approx(found.pass_at_1.value)
    assert majority[0] == pytest.approx(found.pass_at_1.value)
    assert np.all(np.diff(passed) >= -1e-12)
    assert np.all(np.subtract(majority, passed) <= 1e-12)


def test_a_curve_ends_with_the_candidates_of_the_question_that_has_fewest() -> None:
    groups = candidate_groups(
        np.zeros((3, 3, 2), dtype=int),
        np.ones((3, 3, 1)),
        present=[[True] * 3, [True, True, False], [False] * 3],
    )
    assert len(candidate_curve(groups).pass_at) == 4
    assert len(candidate_curve(groups, largest=3).majority_at) == 3
    assert len(candidate_curve(groups, largest=9).majority_at) == 4


def test_groups_are_an_unbiased_sample_of_the_curve() -> None:
    groups = simulated_groups(np.random.default_rng(5), questions=3000)
    found = group_estimates(groups, rng=np.random.default_rng(0), repeats=2)
    at_four = candidate_curve(groups, largest=4).majority_at[3]
    assert abs(at_four.value - found.majority.value) < 0.01
    assert at_four.error < found.majority.error


def test_equal_calls_give_the_vote_one_more() -> None:
    groups = simulated_groups(np.random.default_rng(6), questions=20)
    matched = equal_calls(groups)
    expected = [
        majority_at_k(classes.ravel(), correct.ravel(), 5)
        for classes, correct in zip(groups.classes, groups.correct, strict=True)
    ]
    assert (matched.candidates, matched.reason) == (5, "")
    assert matched.majority.value == pytest.approx(np.mean(expected))
    refined = groups.refined.mean(axis=(1, 2))
    assert matched.gap.value == pytest.approx(np.mean(refined - expected))
    assert matched.gap.error == pytest.approx(np.std(refined - expected, ddof=1) / math.sqrt(20))


@pytest.mark.parametrize(
    ("candidate", "refined", "votes"),
    [(100, 99, 3), (100, 100, 4), (0.1, 0.3, 6), (100, 299, 5), (100, 0, 3)],
)
def test_equal_tokens_give_the_vote_what_refining_costs(
    candidate: float, refined: float, votes: int
) -> None:
    matched = equal_tokens(of_tokens(candidate, refined))
    assert (matched.candidates, matched.reason) == (votes, "")
    assert matched.majority.value == pytest.approx(1 / 2)
    assert matched.gap.value == pytest.approx(1 / 2)


def test_votes_that_the_candidates_do_not_suffice_for_are_not_estimated() -> None:
    calls, tokens = equal_calls(of_tokens(1, 1, groups=1)), equal_tokens(of_tokens(1, 50))
    assert calls.reason == "a vote of 4 needs as many candidates of each question, and one has 3"
    assert tokens.reason == "a vote of 53 needs as many candidates of each question, and one has 12"
    assert (calls.candidates, tokens.candidates) == (4, 53)
    for number in (calls.majority.value, calls.gap.value, tokens.majority.low, tokens.gap.p):
        assert math.isnan(number)


@pytest.mark.parametrize(("candidate", "refined"), [(math.nan, 5), (5, math.nan), (0, 5)])
def test_tokens_that_are_not_recorded_match_nothing(candidate: float, refined: float) -> None:
    matched = equal_tokens(of_tokens(candidate, refined))
    assert matched.candidates is None
    assert matched.reason == "the tokens of candidates and refined answers are not recorded"
    assert math.isnan(matched.majority.value)


def test_candidates_that_nobody_refined_have_votes_but_no_gap() -> None:
    matched = equal_calls(
        candidate_groups(np.zeros((2, 2, 2), dtype=int), np.full((2, 2, 1), np.nan))
    )
    assert matched.majority.value == 1.0
    assert math.isnan(matched.gap.value)
    assert math.isnan(matched.gap.error)


def test_without_groups_there_is_nothing_to_match() -> None:
    groups = candidate_groups(
        np.zeros((1, 1, 2), dtype=int), np.ones((1, 1, 1)), present=[[False]], tokens=(1, 1)
    )
    assert candidate_curve(groups).pass_at == ()
    assert equal_calls(groups).reason.endswith("and one has 0")
    assert equal_tokens(groups).candidates is None
