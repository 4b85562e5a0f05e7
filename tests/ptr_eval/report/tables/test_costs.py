"""The table of costs."""

import numpy as np
from hypothesis import given, settings

from ptr_eval.report.tables.costs import costs_table
from tests.ptr_eval.report.panel_factory import SPELT, assert_sound, column, made

PER_CORRECT, PER_FIX = "generated tokens per correct answer", "generated tokens per net fix"


def test_totals_and_prices_by_hand() -> None:
    table = costs_table(
        [
            made(
                "wc", "wc", "cw", "cc",
                generated_tokens=[[[10, 1]], [[20, 2]], [[30, 3]], [[40, 4]]],
                prompt_tokens=np.full((4, 1, 2), 500),
                cached_tokens=[[[0, 400]]] * 4,
                seconds=np.full((4, 1, 2), 0.25),
            )
        ]
    )  # fmt: skip
    assert column(table, "prompt tokens") == ["2,000", "2,000"]
    assert column(table, "of them cached") == ["0", "1,600"]
    assert column(table, "of them uncached") == ["2,000", "400"]
    assert column(table, "generated tokens") == ["100", "10"]
    assert column(table, "generated so far") == ["100", "110"]
    assert column(table, "seconds") == ["1.0", "1.0"]
    assert column(table, "correct") == ["2", "3"]
    assert column(table, PER_CORRECT) == ["50.0", "36.7"]
    assert column(table, PER_FIX) == ["n/a", "10.0"]


def test_what_the_backend_does_not_tell_is_not_available() -> None:
    table = costs_table([made("c")])
    assert column(table, "of them cached") == column(table, "of them uncached") == ["n/a"]
    assert column(table, "seconds") == ["n/a"]


def test_no_net_gain_has_no_price() -> None:
    table = costs_table([made("wc", "cw", "uu")])
    assert column(table, PER_FIX) == ["n/a", "n/a"]


def test_only_answers_recorded_in_both_rounds_count_as_fixed() -> None:
    table = costs_table([made("wc", "-c")])
    # Round 2 takes 11 tokens of the answer that was fixed; the other 13 fixed nothing.
    assert column(table, PER_FIX)[1] == "11.0"
    assert column(table, "correct") == ["0", "2"]


def test_a_round_without_records_is_not_available() -> None:
    table = costs_table([made("c-")])
    for heading in ("generated tokens", "generated so far", "correct", PER_CORRECT):
        assert column(table, heading)[1] == "n/a"


@given(SPELT)
@settings(max_examples=40, deadline=None)
def test_whatever_is_recorded_the_table_is_sound(items: list[str]) -> None:
    assert_sound([costs_table([made(*items)])])
