"""Thinking blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.thinking import visible_answer


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("The answer is 4.", "The answer is 4."),
        ("<think>2+2 is 4</think>\nThe answer is 4.", "The answer is 4."),
        ("2+2 is 4</think> 4", "4"),
        ("<think>one</think>a<think>two</think>b", "b"),
        ("<think>cut short", ""),
        ("<think>done</think>answer<think>cut short", "answer"),
        ("", ""),
    ],
    ids=["none", "block", "opened in the prompt", "two", "cut", "second cut", "empty"],
)
def test_the_answer_is_what_follows_the_block(response: str, answer: str) -> None:
    assert visible_answer(response) == answer


def test_other_marks_can_be_named() -> None:
    assert visible_answer("[THINK]x[/THINK]y", "[/THINK]") == "y"
    assert visible_answer("[THINK]x", "[/THINK]") == ""
    assert visible_answer("<|channel|>x<|message|>y", "<|message|>") == "y"


def test_an_empty_mark_keeps_everything() -> None:
    assert visible_answer("<think>x</think>y", "") == "<think>x</think>y"


@given(st.text(alphabet="<think>/ ab\n", max_size=60))
def test_the_answer_holds_no_mark(response: str) -> None:
    answer = visible_answer(response)
    assert "</think>" not in answer
    assert "<think>" not in answer
