"""Mixing plain answers in: an exact share, whatever the order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_data.export.mixing import MixRule, MixSettings, mix, shortage
from ptr_data.export.training_rows import split_of

IDS = st.lists(st.text(max_size=8), max_size=60, unique=True)


@given(IDS, st.integers(0, 80), st.floats(0, 0.9), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_exactly_as_many_are_kept_as_the_share_asks_for(
    ids: list[str], refined: int, share: float, seed: int
) -> None:
    rule = mix(iter(ids), refined, MixSettings(share=share, seed=seed))
    kept = sum(rule.keeps(row_id) for row_id in ids)
    assert kept == rule.kept == min(len(ids), rule.wanted)
    assert (shortage(rule) is None) == (kept == rule.wanted)
    if kept == rule.wanted and kept + refined:
        # No other whole number of rows comes closer by more than half a row.
        assert abs(kept - share * (kept + refined)) <= 0.5 + 1e-9


@given(IDS.flatmap(lambda ids: st.tuples(st.just(ids), st.permutations(ids))))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter(orders: tuple[list[str], list[str]]) -> None:
    one, other = (mix(ids, 20, MixSettings(share=0.5)) for ids in orders)
    assert one == other


def test_a_larger_share_keeps_what_a_smaller_one_kept() -> None:
    ids = [str(n) for n in range(1000)]
    small, large = (mix(ids, 500, MixSettings(share=share)) for share in (0.2, 0.5))
    kept = {i for i in ids if small.keeps(i)}
    assert len(kept) == 125
    assert kept < {i for i in ids if large.keeps(i)}


def test_another_seed_keeps_other_rows() -> None:
    ids = [str(n) for n in range(100)]
    one, other = (mix(ids, 50, MixSettings(share=0.5, seed=seed)) for seed in (0, 1))
    assert {i for i in ids if one.keeps(i)} != {i for i in ids if other.keeps(i)}


def test_mix_and_split_do_not_depend_on_each_other() -> None:
    ids = [str(n) for n in range(4000)]
    rule = mix(ids, 2000, MixSettings(share=0.5))
    dev = sum(split_of(i, 0.5, 0) == "dev" for i in ids if rule.keeps(i))
    # Four standard deviations of a binomial with n = 2000 and p = 0.5 are 89.
    assert abs(dev - 1000) < 89


def test_too_few_rows_are_said_in_numbers() -> None:
    rule = mix(["a"], 9, MixSettings(share=0.5))
    assert rule == MixRule(seed=0, last=rule.last, wanted=9, available=1, refined=9)
    assert shortage(rule) == (
        "The mix asks for 9 plain answers and only 1 are there, so they make up 10.0% of the "
        "data; add sources or lower `share`."
    )


def test_no_rows_at_all_are_no_trouble() -> None:
    rule = mix([], 0, MixSettings(share=0.5))
    assert (rule.kept, rule.keeps("a"), shortage(rule)) == (0, False, None)


def test_ids_that_repeat_are_refused_where_they_would_spoil_the_count() -> None:
    with pytest.raises(ValueError, match="repeat"):
        mix(["a", "a"], 1, MixSettings(share=0.5))
