"""Thoughts: how many, by whom, and what is left out."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_data.filters.outputs import OutputSettings
from ptr_data.methods.ptr.thoughts import ThoughtSettings, thought_count, write_thoughts
from ptr_data.records import GeneratedText
from ptr_eval.config import checked
from ptr_eval.errors import UserError
from tests.ptr_data.models.scripted import ScriptedModel, done, queries, text

CHECKS = OutputSettings()
MIXED = ThoughtSettings()
TWO = ThoughtSettings(proportions={2: 1.0})


# How many thoughts


def test_numbers_of_thoughts_come_in_their_proportions() -> None:
    shares = {0: 0.2, 1: 0.3, 2: 0.5}
    drawn = Counter(thought_count(q.id, shares, 0) for q in queries(range(10_000)))
    assert {n: drawn[n] / 10_000 for n in shares} == pytest.approx(shares, abs=0.015)


@given(st.dictionaries(st.integers(0, 9), st.floats(0.01, 1), min_size=1), st.text())
def test_a_number_is_always_one_that_was_asked_for(weights: dict[int, float], name: str) -> None:
    total = sum(weights.values())
    shares = {n: weight / total for n, weight in weights.items()} | {10: 0.0}
    assert thought_count(name, shares, 0) in weights
    assert thought_count(name, shares, 0) == thought_count(name, shares, 0)


def test_another_seed_decides_anew() -> None:
    ids = [q.id for q in queries(range(200))]
    one, other = ([thought_count(i, {0: 0.5, 1: 0.5}, seed) for i in ids] for seed in (0, 1))
    assert 60 < sum(a != b for a, b in zip(one, other, strict=True)) < 140


@pytest.mark.parametrize("shares", [{0: 0.5}, {}, {0: 0.5, 1: 0.6}])
def test_proportions_that_are_no_whole_are_refused(shares: dict[int, float]) -> None:
    with pytest.raises(UserError, match="must have shares that sum to 1"):
        checked({"proportions": shares}, ThoughtSettings, Path("c.yaml"))


# Thoughts


def test_a_question_gets_as_many_thoughts_as_it_shows_and_a_draft_if_none() -> None:
    asked = queries(range(50))
    written = done(write_thoughts(asked, [ScriptedModel("w")], MIXED, CHECKS))
    assert [c.query for c in written.kept] == asked
    for c in written.kept:
        assert c.shown == thought_count(c.query.id, MIXED.proportions, 0)
        texts = [f"w{i} on {c.query.text}" for i in range(max(c.shown, 1))]
        assert [thought.text for thought in c.thoughts] == texts
    assert {c.shown for c in written.kept} == {0, 1, 2}
    assert not written.dropped
    assert not written.left_out


@pytest.mark.parametrize(
    ("models", "count", "writers"),
    [(1, 3, "aaa"), (2, 1, "a"), (2, 2, "ab"), (2, 3, "aab"), (3, 3, "abc"), (3, 2, "ab")],
)
def test_models_write_in_the_order_of_the_configuration(
    models: int, count: int, writers: str
) -> None:
    weak = [ScriptedModel(name) for name in "abc"[:models]]
    settings = ThoughtSettings(proportions={count: 1.0})
    (c,) = done(write_thoughts(queries([1]), weak, settings, CHECKS)).kept
    assert "".join(thought.model for thought in c.thoughts) == writers
    assert len({thought.text for thought in c.thoughts}) == count


def test_drawn_models_all_get_their_share_and_stay_in_order() -> None:
    weak = [ScriptedModel(name) for name in "abc"]
    settings = ThoughtSettings(proportions={2: 1.0}, order="drawn")
    written = done(write_thoughts(queries(range(900)), weak, settings, CHECKS))
    pairs = ["".join(t.model for t in c.thoughts) for c in written.kept]
    assert all(pair == "".join(sorted(pair)) for pair in pairs)
    counts = Counter("".join(pairs))
    assert all(500 < counts[name] < 700 for name in "abc")


def test_a_bad_thought_is_left_out_and_the_question_goes_on() -> None:
    def write(query: str, sample: int) -> str | GeneratedText:
        return text("cut", full=True) if sample == 0 else "a thought"

    written = done(write_thoughts(queries([1]), [ScriptedModel("w", write)], TWO, CHECKS))
    (c,) = written.kept
    assert [thought.text for thought in c.thoughts] == ["a thought"]
    assert c.shown == 1
    (left,) = written.left_out
    assert (left.query, left.stage, left.generation.text) == (c.query.id, "thoughts", "cut")
    assert (left.reason, left.detail) == ("token limit", "1 tokens")


@pytest.mark.parametrize("shown", [0, 1, 3])
def test_a_question_without_a_good_thought_is_dropped_for_the_commonest_reason(shown: int) -> None:
    def write(query: str, sample: int) -> str | GeneratedText:
        return text("", failed="out of memory") if sample == 1 else ""

    settings = ThoughtSettings(proportions={shown: 1.0})
    written = done(write_thoughts(queries([1]), [ScriptedModel("w", write)], settings, CHECKS))
    assert written.kept == ()
    (dropped,) = written.dropped
    assert (dropped.stage, dropped.reason) == ("thoughts", "empty")
    assert len(written.left_out) == max(shown, 1)


def test_a_model_that_fails_on_everything_ends_the_build() -> None:
    broken = ScriptedModel("w", lambda query, sample: text("", failed="HTTPError: 404"))
    assert len(done(write_thoughts(queries(range(19)), [broken], TWO, CHECKS)).dropped) == 19
    with pytest.raises(UserError, match=r"Model w failed on all of 20 questions \(HTTPError: 404"):
        done(write_thoughts(queries(range(20)), [broken], TWO, CHECKS))
