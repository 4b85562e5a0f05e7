"""What rows come to, counted."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_data.export.tallies import (
    AnswerLengths,
    ThoughtNumber,
    answer_lengths,
    length_statistics,
    merged,
    tally,
    thought_numbers,
)
from ptr_data.export.training_rows import RowTokens, TrainingRow
from tests.ptr_data.export.row_factory import plain, refined

LENGTHS = st.lists(st.integers(0, 60), min_size=1, max_size=30)


def of_length(tokens: int) -> TrainingRow:
    return replace(refined(shown=0), tokens=RowTokens((), tokens))


@given(LENGTHS)
@settings(max_examples=60, deadline=None)
def test_statistics_are_those_of_the_lengths(lengths: list[int]) -> None:
    (found,) = length_statistics(tally(map(of_length, lengths)))
    assert (found.kind, found.field, found.texts) == ("ptr", "answer", len(lengths))
    assert (found.min, found.max) == (min(lengths), max(lengths))
    assert found.mean == pytest.approx(np.mean(lengths))
    assert found.median == np.quantile(lengths, 0.5, method="inverted_cdf")
    assert found.p95 == np.quantile(lengths, 0.95, method="inverted_cdf")


@given(LENGTHS, st.integers(0, 30))
@settings(max_examples=40, deadline=None)
def test_shards_add_up_in_any_order_and_through_json(lengths: list[int], cut: int) -> None:
    rows = list(map(of_length, lengths))
    parts = [json.loads(json.dumps(tally(part))) for part in (rows[cut:], rows[:cut])]
    assert json.dumps(merged(parts)) == json.dumps(merged(parts[::-1])) == json.dumps(tally(rows))


def test_kinds_and_fields_are_told_apart() -> None:
    counts = tally([refined(), refined("b", "dev", shown=1), plain()])
    assert counts["rows"] == {"ptr dev": 1, "ptr train": 1, "sft train": 1}
    found = [(s.kind, s.field, s.texts, s.mean) for s in length_statistics(counts)]
    assert found == [("ptr", "thought", 3, 10), ("ptr", "answer", 2, 9), ("sft", "answer", 1, 3)]


def test_numbers_of_thoughts_stand_beside_what_was_wanted() -> None:
    counts = tally([refined(shown=2), refined(shown=2), refined(shown=0), plain()])
    assert thought_numbers(counts, {0: 0.5, 1: 0.5}) == (
        ThoughtNumber(0, 0.5, 1, 1 / 3),
        ThoughtNumber(1, 0.5, 0, 0.0),
        ThoughtNumber(2, 0.0, 2, 2 / 3),
    )


def test_answers_are_compared_with_the_last_thought() -> None:
    texts = [(("long thought", "abc"), "abcd"), (("abc",), "ab"), (("abc",), "xyz"), ((), "abc")]
    rows = [replace(refined(), thoughts=thoughts, answer=answer) for thoughts, answer in texts]
    assert answer_lengths(tally(rows)) == AnswerLengths(3, 1, 1, 3.0, 3.0)


def test_no_rows_have_no_statistics() -> None:
    assert tally([]) == {}
    assert length_statistics({}) == ()
    assert answer_lengths({}) is None
    assert thought_numbers({}, {1: 1.0}) == (ThoughtNumber(1, 1.0, 0, 0.0),)
