"""What can be correct at all, and what is trained on."""

import pytest

from ptr_data.methods.gsr.records import fault, trained_text
from tests.ptr_data.models.scripted import text


@pytest.mark.parametrize(
    ("generation", "found"),
    [
        (text("It is 4."), None),
        (text("<think>a</think>4"), None),
        (text("<think>never ends"), "empty"),
        (text("a</think> \n"), "empty"),
        (text(""), "empty"),
        (text("4", full=True), "token limit"),
        (text("", failed="no connection", full=True), "failed"),
    ],
)
def test_faults(generation: object, found: str | None) -> None:
    assert fault(generation, "</think>") == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "kept", "left"),
    [
        ("<think>a</think>\n4", "<think>a</think>\n4", "4"),
        ("a\n</think>\n4\n", "<think>\na\n</think>\n4", "4"),
        (" 4 ", "4", "4"),
    ],
)
def test_a_thinking_block_is_kept_whole_or_left_out(given: str, kept: str, left: str) -> None:
    assert trained_text(given, "</think>", keep_thinking=True) == kept
    assert trained_text(given, "</think>", keep_thinking=False) == left
    assert trained_text(given, "", keep_thinking=True) == given.strip()
