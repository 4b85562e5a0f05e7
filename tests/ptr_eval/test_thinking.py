"""Thinking blocks."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.protocols import Reply
from ptr_eval.thinking import (
    DEFAULT_END,
    Block,
    VisibleReply,
    block_at_end,
    opening_mark,
    read_mark,
    visible_answer,
    visible_reply,
)
from tests.long_texts import no_runaway

TABLE = yaml.safe_load((Path(__file__).parents[1] / "cases/thinking.yaml").read_text("utf-8"))
CASES = [pytest.param(case, id=kind) for kind, cases in TABLE.items() for case in cases]

TEXTS = st.lists(st.sampled_from(["<think>", "</think>", '"', "`", " ", "\n", "18", "or"])).map(
    "".join
)
BLOCKS: st.SearchStrategy[Block | None] = st.sampled_from([None, "open", "closed"])


@pytest.mark.parametrize("case", CASES)
def test_the_answer_is_what_is_outside_the_block(case: dict[str, Any]) -> None:
    response, end = case["response"], case.get("end", DEFAULT_END)
    block = block_at_end(case.get("prompt", ""), end)
    found = visible_reply(response, end, block=block, at_limit=case.get("limit", False))
    assert (found.text, found.cut_off) == (case["visible"], case.get("cut_off", False))
    assert response[found.start :].startswith(found.text)


@pytest.mark.parametrize("case", CASES)
def test_a_reply_is_read_with_its_prompt_and_finish_reason(case: dict[str, Any]) -> None:
    reasons = {True: "length", False: "stop", None: None}
    reply = Reply(
        case["response"],
        prompt=f"What is 3 x 6?{case.get('prompt', '')}",
        finish_reason=reasons[case.get("limit")],  # type: ignore[arg-type]
    )
    found = reply.visible(case.get("end", DEFAULT_END))
    assert (found.text, found.cut_off) == (case["visible"], case.get("cut_off", False))


def test_there_are_cases_in_both_directions() -> None:
    visible = [bool(case["visible"]) for cases in TABLE.values() for case in cases]
    assert sum(visible) >= 40
    assert visible.count(False) >= 15


@given(TEXTS, BLOCKS, st.booleans())
def test_the_text_is_where_it_is_said_to_be(
    response: str, block: Block | None, at_limit: bool
) -> None:
    found = visible_reply(response, block=block, at_limit=at_limit)
    assert response[found.start : found.start + len(found.text)] == found.text
    assert not (found.cut_off and found.text)


@given(TEXTS)
def test_a_thought_that_the_prompt_opened_is_never_seen(thought: str) -> None:
    found = visible_reply(f"{thought}</think>\n18 <b>", block="open")
    assert found.text.endswith("18 <b>")
    if "</think>" not in thought:
        assert found.text == "18 <b>"
        assert visible_reply(thought, block="open", at_limit=True) == VisibleReply(
            "", len(thought), cut_off=True
        )


@given(TEXTS, BLOCKS, st.booleans())
def test_a_repeated_end_mark_changes_no_text(
    response: str, block: Block | None, at_limit: bool
) -> None:
    answered = f"<think>x</think>{response}\n"
    once = visible_reply(answered, block=block, at_limit=at_limit)
    if not once.cut_off and "<think>" not in response:
        twice = visible_reply(f"{answered}</think>", block=block, at_limit=at_limit)
        assert twice == VisibleReply(once.text, once.start if once.text else len(answered) + 8)


def test_a_text_alone_is_read_as_one_that_ended_by_itself() -> None:
    assert visible_answer("2+2 is 4</think> 4") == "4"
    assert visible_answer("The answer is 4.") == "The answer is 4."
    assert visible_answer("[THINK]x[/THINK]y", "[/THINK]") == "y"


@pytest.mark.parametrize("value", [None, "", " ", "none", "None", "NONE", "null"])
def test_no_mark_can_be_asked_for(value: object) -> None:
    assert read_mark(value) == ""


@pytest.mark.parametrize("value", ["</think>", "[/THINK]", "nonesuch", "</none>"])
def test_a_mark_is_taken_as_it_is(value: str) -> None:
    assert read_mark(value) == value


def test_the_opening_mark_follows_from_the_end_mark() -> None:
    assert opening_mark("</think>") == "<think>"
    assert opening_mark("[/THINK]") == "[THINK]"
    assert opening_mark("<|message|>") == ""
    assert block_at_end("Hi <think> \n", "</think>") == "open"
    assert block_at_end("<think>\n\n</think>\n\n", "</think>") == "closed"
    assert block_at_end("<think>\nOkay", "</think>") is None
    assert block_at_end("Hi <think>", "") is None


@pytest.mark.parametrize("part", ["a", " ", '"', "<think>", "</think>", "<think> </think>", "\n<"])
def test_a_long_text_is_read_in_linear_time(part: str) -> None:
    response = part * (1_000_000 // len(part))
    with no_runaway():
        visible_reply(response, block="open", at_limit=True)
        visible_reply(response, block="closed")
