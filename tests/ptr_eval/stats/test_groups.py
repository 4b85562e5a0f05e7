"""Groups of candidates, against published counts and accuracies."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.stats import (
    CandidateGroups,
    GroupEstimates,
    Groups,
    group_estimates,
    group_statistics,
    headroom_used,
)
from tests.ptr_eval.stats.group_factory import candidate_groups, simulated_groups

# GSR-7B, groups of 4: (correct, total) for m = 0..4 correct candidates (arXiv 2509.00084,
# Table 5), and the accuracy of refined answers in percent (Table 1).
COUNTS = {
    "AIME24": ([(16, 272), (77, 128), (129, 144), (152, 156), (260, 260)], 66.0),
    "AIME25": ([(19, 420), (84, 128), (101, 116), (92, 96), (200, 200)], 51.7),
    "AMC22-23": ([(14, 156), (30, 56), (80, 100), (147, 148), (867, 868)], 85.7),
    "MATH500": ([(11, 324), (112, 228), (165, 216), (581, 616), (6604, 6616)], 93.4),
    "Olympiad": ([(117, 2680), (367, 724), (564, 696), (1049, 1116), (5573, 5584)], 71.0),
}
# The accuracy of candidates: as printed in Table 1, and as the counts have it where that differs.
CANDIDATES = {
    "AIME24": (50.1, 50.1),
    "AIME25": (37.8, 37.7),
    "AMC22-23": (78.5, 78.5),
    "MATH500": (90.6, 90.5),
    "Olympiad": (64.4, 64.4),
}


def published(benchmark: str) -> Groups:
    correct, total = np.array(COUNTS[benchmark][0]).T
    return group_statistics(correct, total)


@pytest.mark.parametrize("benchmark", COUNTS)
def test_published_counts_give_back_the_published_accuracy_of_refined_answers(
    benchmark: str,
) -> None:
    assert round(100 * published(benchmark).refined, 1) == COUNTS[benchmark][1]


@pytest.mark.parametrize("benchmark", COUNTS)
def test_published_counts_give_back_the_accuracy_of_candidates_to_a_tenth(benchmark: str) -> None:
    printed, counted = CANDIDATES[benchmark]
    assert round(100 * published(benchmark).pass_at_1, 1) == counted
    assert counted == pytest.approx(printed, abs=0.11)


def test_a_small_case_by_hand() -> None:
    groups = group_statistics(np.array([1, 2, 3]), np.array([4, 2, 4]))
    np.testing.assert_allclose(groups.share, [0.4, 0.2, 0.4])
    np.testing.assert_allclose(groups.accuracy, [0.25, 1.0, 0.75])
    assert groups.refined == pytest.approx(0.6)
    assert groups.pass_at_1 == pytest.approx(0.5)
    assert groups.pass_at_k == pytest.approx(0.6)
    assert groups.headroom == pytest.approx(0.1)
    assert (groups.damage, groups.synthesis) == (0.25, 0.25)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=9).filter(
        lambda pairs: any(map(any, pairs))
    )
)
@settings(max_examples=60, deadline=None)
def test_the_refined_accuracy_is_the_shares_times_the_accuracies(
    pairs: list[tuple[int, int]],
) -> None:
    right, wrong = np.array(pairs).T
    groups = group_statistics(right, right + wrong)
    seen = groups.share > 0
    assert groups.refined == pytest.approx(groups.share[seen] @ groups.accuracy[seen])
    assert groups.pass_at_1 <= groups.pass_at_k + 1e-12


def test_an_accuracy_without_groups_is_nan() -> None:
    groups = group_statistics(np.array([0, 2]), np.array([0, 4]))
    assert math.isnan(groups.synthesis)
    assert groups.damage == 0.5
    assert groups.refined == 0.5


def test_no_groups_at_all_give_nan() -> None:
    groups = group_statistics(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64))
    assert math.isnan(groups.refined)
    assert math.isnan(groups.pass_at_1)


def test_headroom_used() -> None:
    assert headroom_used(0.66, 0.60, 0.72) == pytest.approx(0.5)
    assert math.isnan(headroom_used(0.6, 0.7, 0.7))


def estimates(groups: CandidateGroups, repeats: int = 1000) -> GroupEstimates:
    return group_estimates(groups, rng=np.random.default_rng(0), repeats=repeats)


def test_estimates_by_hand() -> None:
    # A: votes right, tied with one wrong; refined right, half right. B: wrong; half right.
    found = estimates(
        candidate_groups(
            [[[0, 0, 1], [0, 1, -1]], [[1, 1, 0], [1, 2, -1]]],
            [[[1, 1], [1, 0]], [[1, 0], [0, 1]]],
        )
    )
    assert (found.questions, found.groups, found.unrefined) == (2, 4, 0)
    assert found.pass_at_1.value == pytest.approx((2 + 1 + 1 + 0) / 12)
    assert found.pass_at_k.value == pytest.approx(3 / 4)
    assert found.majority.value == pytest.approx((1 + 1 / 2 + 0 + 0) / 4)
    assert found.refined.value == pytest.approx(5 / 8)
    assert found.gap.value == pytest.approx(1 / 4)
    # Question means of the gap are 0 and 1/2.
    assert found.gap.error == pytest.approx(1 / 4)
    assert (found.gap.items, found.gap.clusters) == (2, 2)
    assert found.fixed.value == pytest.approx((0 + 1 / 4 + 1 / 2 + 1 / 2) / 4)
    assert found.broken.value == pytest.approx((0 + 1 / 4 + 0 + 0) / 4)
    assert found.headroom_used.value == pytest.approx((1 / 4) / (3 / 4 - 3 / 8))


@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_the_gap_is_what_is_fixed_less_what_is_broken(seed: int, size: int, runs: int) -> None:
    rng = np.random.default_rng(seed)
    found = estimates(simulated_groups(rng, questions=7, size=size, runs=runs), repeats=2)
    assert found.gap.value == pytest.approx(found.fixed.value - found.broken.value, abs=1e-12)
    assert found.gap.value == pytest.approx(found.refined.value - found.majority.value, abs=1e-12)
    assert found.majority.value <= found.pass_at_k.value + 1e-12


def test_one_candidate_is_its_own_vote() -> None:
    found = estimates(candidate_groups([[[0], [0]], [[-1], [0]]], [[[1], [0]], [[0], [1]]]))
    assert found.majority == found.pass_at_1 == found.pass_at_k
    assert math.isnan(found.headroom_used.value)


def test_candidates_without_answers_count_as_wrong() -> None:
    found = estimates(candidate_groups([[[-1, -1]], [[0, 0]]], [[[1]], [[1]]]))
    assert found.groups == 2
    assert (found.majority.value, found.pass_at_k.value, found.pass_at_1.value) == (0.5,) * 3
    assert found.fixed.value == 0.5


def test_identical_candidates_leave_no_headroom() -> None:
    found = estimates(candidate_groups([[[0, 0, 0]], [[1, 1, 1]]], [[[1]], [[0]]]))
    assert found.gap.value == 0.0
    assert math.isnan(found.headroom_used.value)
    assert math.isnan(found.headroom_used.low)


def test_groups_that_were_not_refined_are_left_out_of_everything() -> None:
    nan = math.nan
    classes = [[[0, 0], [1, 1]], [[1, 1], [0, 0]]]
    found = estimates(
        candidate_groups(classes, [[[1.0, nan], [nan, nan]], [[0.0, 1.0], [nan, nan]]])
    )
    kept = estimates(candidate_groups([[[0, 0]], [[1, 1]]], [[[1.0, nan]], [[0.0, 1.0]]]))
    assert (found.groups, found.unrefined) == (2, 2)
    assert found.refined.value == pytest.approx(3 / 4)
    assert found.majority == kept.majority
    assert found.gap == kept.gap


@pytest.mark.parametrize("runs", [0, 2])
def test_candidates_that_nobody_refined_are_still_voted_on(runs: int) -> None:
    classes = np.array([[[0, 0, 1]], [[1, 1, 0]], [[0, 0, 0]]])
    found = estimates(candidate_groups(classes, np.full((3, 1, runs), np.nan)))
    assert (found.groups, found.unrefined) == (3, 0)
    assert found.majority.value == pytest.approx(2 / 3)
    for number in (found.refined.value, found.gap.value, found.gap.error, found.fixed.value):
        assert math.isnan(number)
    assert math.isnan(found.headroom_used.value)


def test_questions_of_fewer_groups_weigh_as_much() -> None:
    classes = [[[0, 0], [0, 0], [0, 0]], [[1, 1], [0, 0], [0, 0]], [[0, 0], [0, 0], [0, 0]]]
    present = [[True] * 3, [True, False, False], [False] * 3]
    found = estimates(candidate_groups(classes, np.ones((3, 3, 1)), present=present))
    assert (found.questions, found.groups) == (2, 4)
    assert found.majority.value == pytest.approx(1 / 2)
    assert found.refined.value == 1.0


def test_a_single_question_has_no_intervals() -> None:
    found = estimates(candidate_groups([[[0, 1, 1], [0, 0, 1]]], [[[1], [1]]]))
    assert found.gap.value == pytest.approx(1 / 2)
    for estimate in (found.gap, found.majority, found.headroom_used):
        assert np.isnan([estimate.error, estimate.low, estimate.high]).all()


def test_no_groups_give_no_estimates() -> None:
    found = estimates(
        candidate_groups(np.zeros((2, 1, 3), dtype=int), np.ones((2, 1, 1)), present=[[False]] * 2)
    )
    assert (found.questions, found.groups) == (0, 0)
    assert math.isnan(found.pass_at_1.value)
    assert math.isnan(found.gap.value)


def test_arrays_of_different_groups_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shapes differ: groups \(2, 1\)"):
        candidate_groups(np.zeros((2, 1, 3), dtype=int), np.ones((2, 2, 1)))


def test_intervals_of_the_gap_cover_the_truth_at_their_rate() -> None:
    # The truth of the simulation, from far more questions than a study has.
    rng = np.random.default_rng(11)
    truth = estimates(simulated_groups(rng, questions=200_000), repeats=2).gap.value
    gaps = [estimates(simulated_groups(rng, questions=40), repeats=2).gap for _ in range(2000)]
    covered = np.mean([gap.low <= truth <= gap.high for gap in gaps])
    assert 0.93 <= covered <= 0.97
    errors = [gap.error for gap in gaps]
    assert np.mean(errors) == pytest.approx(np.std([gap.value for gap in gaps]), rel=0.05)


def test_intervals_of_the_headroom_used_cover_the_truth_at_their_rate() -> None:
    rng = np.random.default_rng(12)
    truth = estimates(simulated_groups(rng, questions=200_000), repeats=2).headroom_used.value
    found = [
        estimates(simulated_groups(rng, questions=60), repeats=400).headroom_used
        for _ in range(600)
    ]
    covered = np.mean([estimate.low <= truth <= estimate.high for estimate in found])
    assert 0.92 <= covered <= 0.98


def test_a_seed_fixes_the_interval_of_the_headroom_used() -> None:
    groups = simulated_groups(np.random.default_rng(3), questions=30)
    assert estimates(groups).headroom_used == estimates(groups).headroom_used
