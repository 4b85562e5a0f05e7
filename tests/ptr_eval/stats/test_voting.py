"""Votes against enumeration, and estimates from n samples against the truth they stand for."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.stats import majority_at_k, majority_curve, pass_curve, vote, votes

Codes = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Five kinds of answer, the last of which is none; kinds 1 and 3 are correct.
CHANCES = np.array([0.35, 0.3, 0.15, 0.1, 0.1])
KINDS = np.array([0, 1, 2, 3, -1])
RIGHT = np.array([False, True, False, True, False])


@st.composite
def samples(draw: st.DrawFn, most: int = 8) -> tuple[Codes, Bools]:
    classes = np.array(draw(st.lists(st.integers(-1, 3), min_size=1, max_size=most)))
    right = np.array(draw(st.lists(st.booleans(), min_size=5, max_size=5)))
    return classes, right[classes] & (classes >= 0)


def by_counting(classes: Codes, correct: Bools) -> float:
    answered = [int(code) for code in classes if code >= 0]
    if not answered:
        return 0.0
    most = max(answered.count(code) for code in answered)
    tied = {code for code in answered if answered.count(code) == most}
    return sum(bool(correct[classes == code][0]) for code in tied) / len(tied)


@pytest.mark.parametrize(
    ("classes", "correct", "expected"),
    [
        ([0, 0, 1, 2], [1, 1, 0, 0], 1.0),
        ([0, 0, 1, 1], [1, 1, 0, 0], 0.5),
        ([0, 1, 2, -1], [1, 0, 0, 0], 1 / 3),
        ([-1, -1, -1, 0], [0, 0, 0, 1], 1.0),
        ([-1, -1], [0, 0], 0.0),
        ([5, 5, 5], [0, 0, 0], 0.0),
        ([7], [1], 1.0),
    ],
    ids=["plurality", "two tie", "three tie", "silence", "no answers", "identical", "one"],
)
def test_a_vote_by_hand(classes: list[int], correct: list[int], expected: float) -> None:
    assert vote(np.array(classes), np.array(correct, dtype=bool)) == pytest.approx(expected)


def test_a_vote_of_nobody_is_wrong() -> None:
    assert vote(np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)) == 0.0


@given(st.lists(samples(), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_groups_vote_each_for_itself(groups: list[tuple[Codes, Bools]]) -> None:
    # Silent candidates fill groups up without a say.
    classes, correct = np.full((len(groups), 8), -1), np.zeros((len(groups), 8), dtype=bool)
    for row, (codes, right) in enumerate(groups):
        classes[row, : len(codes)], correct[row, : len(codes)] = codes, right
    expected = [by_counting(*group) for group in groups]
    np.testing.assert_allclose(votes(classes, correct), expected)
    np.testing.assert_allclose(votes(classes[:, None], correct[:, None])[:, 0], expected)


@given(samples())
@settings(max_examples=100, deadline=None)
def test_estimates_are_the_means_over_all_subsets(sample: tuple[Codes, Bools]) -> None:
    classes, correct = sample
    passes, majorities = pass_curve(correct), majority_curve(classes, correct)
    for k in range(1, len(classes) + 1):
        subsets = np.array(list(itertools.combinations(range(len(classes)), k)))
        assert passes[k - 1] == pytest.approx(correct[subsets].any(axis=1).mean())
        expected = np.mean([by_counting(classes[list(s)], correct[list(s)]) for s in subsets])
        assert majorities[k - 1] == pytest.approx(expected, abs=1e-12)


@given(samples(most=40))
@settings(max_examples=60, deadline=None)
def test_laws_of_curves(sample: tuple[Codes, Bools]) -> None:
    classes, correct = sample
    passes, majorities = pass_curve(correct), majority_curve(classes, correct)
    assert passes[0] == pytest.approx(correct.mean())
    assert majorities[0] == pytest.approx(correct.mean())
    assert majorities[-1] == pytest.approx(vote(classes, correct))
    assert np.all(np.diff(passes) >= -1e-12)
    assert np.all(majorities <= passes + 1e-12)
    assert np.all(majorities >= -1e-12)


@given(samples(most=30), st.permutations(range(4)), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_neither_names_nor_order_of_answers_matter(
    sample: tuple[Codes, Bools], names: list[int], seed: int
) -> None:
    classes, correct = sample
    order = np.random.default_rng(seed).permutation(len(classes))
    renamed = np.array([10 * name for name in names] + [-1])[classes]
    expected = majority_curve(classes, correct)
    np.testing.assert_allclose(majority_curve(renamed[order], correct[order]), expected)
    assert vote(renamed[order], correct[order]) == pytest.approx(vote(classes, correct))


def test_more_votes_than_samples_are_not_estimated() -> None:
    classes, correct = np.array([0, 0, 1]), np.array([True, True, False])
    assert math.isnan(majority_at_k(classes, correct, 4))
    curve = majority_curve(classes, correct, largest=5)
    assert np.isnan(curve).tolist() == [False, False, False, True, True]


def test_a_shorter_curve_is_the_start_of_the_whole() -> None:
    classes = np.random.default_rng(0).integers(-1, 6, size=50)
    whole = majority_curve(classes, classes == 2)
    np.testing.assert_allclose(majority_curve(classes, classes == 2, largest=7), whole[:7])
    assert majority_at_k(classes, classes == 2, 7) == pytest.approx(whole[6])


def test_samples_without_an_answer_take_part_in_the_draw() -> None:
    # One subset of two in three has the answer.
    classes, correct = np.array([-1, -1, 0]), np.array([False, False, True])
    np.testing.assert_allclose(majority_curve(classes, correct), [1 / 3, 2 / 3, 1.0])
    assert majority_at_k(np.full(3, -1), np.zeros(3, dtype=bool), 2) == 0.0


def test_many_samples_keep_their_precision() -> None:
    # Two classes and an odd k: the tail of a hypergeometric distribution.
    classes = np.repeat([0, 1], [600, 400])
    k = 101
    subsets = math.comb(1000, k)
    wins = sum(math.comb(400, a) * math.comb(600, k - a) for a in range(51, k + 1))
    estimate = majority_at_k(classes, classes == 1, k)
    assert estimate == pytest.approx(wins / subsets, rel=1e-9)


def test_too_many_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 1000 samples, not 1001"):
        majority_curve(np.zeros(1001, dtype=np.int64), np.ones(1001, dtype=bool))


@pytest.mark.parametrize("k", [1, 2, 4, 5])
def test_estimates_from_more_samples_are_unbiased(k: int) -> None:
    every = np.array(list(itertools.product(range(len(KINDS)), repeat=k)))
    chances = CHANCES[every].prod(axis=1)
    majority = chances @ votes(KINDS[every], RIGHT[every])
    passed = 1 - (1 - CHANCES @ RIGHT) ** k

    drawn = np.random.default_rng(k).choice(len(KINDS), p=CHANCES, size=(2000, 12))
    majorities = [majority_at_k(KINDS[row], RIGHT[row], k) for row in drawn]
    passes = [pass_curve(RIGHT[row])[k - 1] for row in drawn]
    for truth, estimates in ((majority, majorities), (passed, passes)):
        error = np.std(estimates) / math.sqrt(len(estimates))
        assert abs(np.mean(estimates) - truth) < 3 * error


def test_the_vote_of_the_first_k_has_the_same_mean_and_more_noise() -> None:
    drawn = np.random.default_rng(9).choice(len(KINDS), p=CHANCES, size=(2000, 16))
    estimates = np.array([majority_at_k(KINDS[row], RIGHT[row], 4) for row in drawn])
    first = votes(KINDS[drawn[:, :4]], RIGHT[drawn[:, :4]])
    error = math.sqrt((first.var() + estimates.var()) / len(drawn))
    assert abs(first.mean() - estimates.mean()) < 3 * error
    assert estimates.std() < first.std() / 1.5


@pytest.mark.parametrize("measure", [votes, majority_curve])
def test_candidates_that_do_not_exist_cast_no_vote(measure: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="must be recorded; leave out what is nan first"):
        measure(np.array([0, -1]), np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="samples must be recorded"):
        pass_curve(np.array([1.0, np.nan]))
