"""Refinement instructions."""

from pathlib import Path

import pytest

from ptr_eval.errors import UserError
from ptr_eval.instructions import INSTRUCTIONS, resolve_instruction


def test_at_least_four_are_shipped_with_a_null_control_that_asks_for_no_change() -> None:
    assert {"neutral", "precise", "critical", "null"} <= set(INSTRUCTIONS)
    assert not {"refine", "check", "mistake"} & set(INSTRUCTIONS["null"].lower().split())


def test_a_name_stands_for_its_text() -> None:
    assert resolve_instruction("critical") == INSTRUCTIONS["critical"]


def test_own_text_is_taken_as_it_is() -> None:
    assert resolve_instruction(" Look at it as a lawyer. ") == "Look at it as a lawyer."


@pytest.mark.parametrize("length", [300, 900, 5_000])
def test_own_text_may_be_longer_than_a_file_s_name(length: int) -> None:
    text = ("Look again. " * 500)[:length].strip()
    assert resolve_instruction(text) == text
    assert resolve_instruction("Nul \0 byte.") == "Nul \0 byte."


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Once more, with care.\n")
    assert resolve_instruction(str(tmp_path / "mine.txt")) == "Once more, with care."


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"ptr_instruction=neutrall: unknown instruction.*neutral"):
        resolve_instruction("neutrall")


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_instruction_is_refused(empty: str) -> None:
    with pytest.raises(UserError, match="ptr_instruction is empty"):
        resolve_instruction(empty)
