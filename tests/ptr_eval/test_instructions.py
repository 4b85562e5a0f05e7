"""Refinement instructions."""

from pathlib import Path

import pytest

from ptr_eval.errors import UserError
from ptr_eval.instructions import (
    INSTRUCTIONS,
    is_path,
    resolve_instruction,
    resolve_synthesis,
)


def test_at_least_four_are_shipped_with_a_null_control_that_asks_for_no_change() -> None:
    assert {"neutral", "precise", "critical", "null"} <= set(INSTRUCTIONS)
    assert not {"refine", "check", "mistake"} & set(INSTRUCTIONS["null"].lower().split())


def test_a_name_stands_for_its_text() -> None:
    assert resolve_instruction("critical") == INSTRUCTIONS["critical"]


def test_restate_is_examine_with_the_question_below() -> None:
    again = f"{resolve_synthesis('examine')}\n\nThe problem again:\n\n{{question}}"
    assert resolve_synthesis("restate") == again
    assert "{question}" not in resolve_synthesis("examine")


def test_final_asks_for_one_final_answer_in_the_words_of_neutral() -> None:
    neutral = INSTRUCTIONS["neutral"].replace("your full answer again", "your one final answer")
    assert resolve_instruction("final") == neutral


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


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "notepad.txt"
    file.write_text("Look again.\n", encoding="utf-8-sig")
    assert resolve_instruction(str(file)) == "Look again."
    assert resolve_instruction("\ufeffLook again.") == "Look again."
    assert resolve_synthesis(str(file)) == "Look again."


TEXTS = [
    "再想一想。然后给出完整的答案。",
    "再想一想",
    "Nochmal!",
    "Again",
    "Check and/or correct it.",
    "Put the speed in km/h, please.",
    "Put it into \\boxed{}, as before",
    "Look again. /no_think",
    "Is it right / wrong",
    "See a/b.txt below.\nThen answer again",
]


@pytest.mark.parametrize("text", TEXTS)
def test_one_word_or_any_language_is_a_text(text: str) -> None:
    assert not is_path(text)
    assert resolve_instruction(text) == text
    assert resolve_synthesis(text) == text


PATHS = [
    "prompts/my carful instruction.txt",
    "my instruction.txt",
    "carful.md",
    "prompts/carful",
    "/nowhere/my instruction",
    "./careful",
    "~/careful instruction",
    "提示/再想.txt",
]


@pytest.mark.parametrize("path", PATHS)
def test_what_looks_like_a_path_must_be_a_file(path: str) -> None:
    assert is_path(path)
    for resolve, setting in (
        (resolve_instruction, "instruction"),
        (resolve_synthesis, "synthesis"),
    ):
        with pytest.raises(UserError) as caught:
            resolve(path)
        assert str(caught.value) == (
            f"ptr_{setting}={path}: no such file; name a text file, or write a text that ends as "
            "a sentence does."
        )


def test_a_folder_or_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"ptr_instruction={tmp_path}: is a folder; name a text"):
        resolve_instruction(str(tmp_path))
    (tmp_path / "wide.txt").write_text("Look again.", encoding="utf-16")
    with pytest.raises(UserError, match=r"wide\.txt cannot be read \(it is not UTF-8 text\); save"):
        resolve_instruction(str(tmp_path / "wide.txt"))
    (tmp_path / "empty.txt").write_text("\ufeff\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"ptr_instruction=.*empty\.txt is empty; leave it out"):
        resolve_instruction(str(tmp_path / "empty.txt"))


@pytest.mark.parametrize("name", ["neutrall", "Neutral", "critcal", "nul"])
def test_a_mistyped_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UserError, match=rf"ptr_instruction={name}: unknown instruction, close to "):
        resolve_instruction(name)


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_instruction_is_refused(empty: str) -> None:
    with pytest.raises(UserError, match="ptr_instruction is empty"):
        resolve_instruction(empty)
