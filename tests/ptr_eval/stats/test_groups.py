"""Groups of candidates, against published counts and accuracies."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.stats import Groups, group_statistics, headroom_used

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
