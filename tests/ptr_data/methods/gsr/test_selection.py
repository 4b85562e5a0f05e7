"""Which candidates are shown and which solutions are kept."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ptr_data.methods.gsr.selection import (
    CandidateSettings,
    SolutionSettings,
    choose_candidates,
    choose_solutions,
    keeps_hard,
)

PAIRS = st.lists(
    st.sampled_from([(True, True), (True, False), (False, False)]), min_size=6, max_size=6
)
"""Whether each of six candidates is usable, and correct."""


@given(st.text(max_size=8), PAIRS, st.integers(0, 5), st.integers(1, 6))
def test_the_candidates_shown_obey_the_published_rule(
    query: str, pairs: list[tuple[bool, bool]], seed: int, keep: int
) -> None:
    usable, correct = ([pair[i] for pair in pairs] for i in (0, 1))
    settings = CandidateSettings(seed=seed, keep=keep, least=1)
    chosen = choose_candidates(query, usable, correct, settings)
    assert len(set(chosen)) == len(chosen) == min(keep, sum(usable))
    assert all(usable[place] for place in chosen)
    assert sum(correct[place] for place in chosen) == min(keep, sum(correct))
    assert chosen == choose_candidates(query, usable, correct, settings)


@pytest.mark.parametrize("right", range(7))
def test_correct_ones_go_first_and_all_orders_and_draws_occur(right: int) -> None:
    correct = [place < right for place in range(6)]
    chosen = [
        choose_candidates(f"q{n}", [True] * 6, correct, CandidateSettings()) for n in range(600)
    ]
    shown = Counter(place for places in chosen for place in places)
    if right <= 4:
        assert all(shown[place] == 600 for place in range(right))
        rest = [shown[place] for place in range(right, 6)]
        expected = 600 * (4 - right) / (6 - right)
    else:
        assert all(shown[place] == 0 for place in range(right, 6))
        rest = [shown[place] for place in range(right)]
        expected = 600 * 4 / right
    assert all(abs(count - expected) < 60 for count in rest)
    first = Counter(places[0] for places in chosen)
    assert all(abs(first[place] - shown[place] / 4) < 50 for place in shown)


@given(st.text(max_size=8), st.lists(st.booleans(), min_size=10, max_size=10))
def test_the_solutions_kept_obey_the_published_rule(query: str, correct: list[bool]) -> None:
    kept = choose_solutions(query, correct, SolutionSettings())
    assert list(kept) == sorted(set(kept))
    if all(correct):
        assert len(kept) == 4
    else:
        assert list(kept) == [place for place, right in enumerate(correct) if right]


@pytest.mark.parametrize(("right", "kept"), [(0, 0), (1, 1), (9, 9), (10, 4)])
def test_solutions_by_number_of_correct_ones(right: int, kept: int) -> None:
    correct = [place < right for place in range(10)]
    assert len(choose_solutions("q", correct, SolutionSettings())) == kept


def test_of_hard_questions_a_share_is_kept() -> None:
    def kept(share: float | None) -> int:
        return sum(keeps_hard(f"q{n}", CandidateSettings(hard_share=share)) for n in range(1_000))

    assert (kept(None), kept(1.0), kept(0.0)) == (1_000, 1_000, 0)
    assert 250 < kept(0.3) < 350


def test_more_cannot_be_kept_than_is_drawn() -> None:
    with pytest.raises(ValidationError, match="`keep` up to `samples`"):
        CandidateSettings(samples=3)
    with pytest.raises(ValidationError, match="`least` up to `keep`"):
        CandidateSettings(keep=1)
    with pytest.raises(ValidationError, match="`easy_keep` up to `samples`"):
        SolutionSettings(samples=3)
