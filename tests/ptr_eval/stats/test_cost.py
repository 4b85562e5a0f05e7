"""Prices of correct answers and of net fixes."""

import math

import pytest

from ptr_eval.stats import tokens_per_correct, tokens_per_net_fix


def test_wrong_answers_are_paid_for_too() -> None:
    assert tokens_per_correct(1000, 4) == 250


@pytest.mark.parametrize("tokens", [0, 1000])
def test_without_a_correct_answer_there_is_no_price(tokens: float) -> None:
    assert math.isnan(tokens_per_correct(tokens, 0))


def test_a_net_fix_costs_all_extra_tokens() -> None:
    assert tokens_per_net_fix(900, 1.5) == 600


@pytest.mark.parametrize("net_fixes", [0, -3])
def test_without_a_net_gain_there_is_no_price(net_fixes: float) -> None:
    assert math.isnan(tokens_per_net_fix(900, net_fixes))
