"""Rows read as examples, and what counts in them."""

from typing import Any

import pytest
from pydantic import ValidationError

from ptr_eval.conversation import Conversation, Exchange, Message
from ptr_eval.errors import UserError
from ptr_train.encoding.examples import TrainingExample, read_example, with_weights
from ptr_train.encoding.settings import EncodingSettings
from tests.ptr_train.encoding.example_factory import made_example, made_row

USER, ASSISTANT = {"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}


def test_a_row_in_full() -> None:
    assert made_example() == TrainingExample(
        id="ptr-1",
        kind="ptr",
        conversation=Conversation(
            (Message("user", "What is 2+2?"),),
            (Exchange("3", "Again, please."), Exchange("5", "Again, please.")),
        ),
        answer="It is 4.",
        weights=(0.0, 0.0, 1.0),
    )


def test_without_weights_id_and_kind_the_answer_counts_and_the_place_is_the_name() -> None:
    example = read_example({"messages": [USER, ASSISTANT, USER, ASSISTANT]}, "f, row 3")
    assert (example.id, example.kind, example.weights) == ("f, row 3", "ptr", (0.0, 1.0))
    assert read_example({"messages": [USER, ASSISTANT]}, "f, row 3").kind == "sft"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (None, "`messages` must be a list"),
        ([{"role": "tool", "content": ""}], "`messages` must be a list"),
        ([], "has no answer"),
        ([USER], "has no answer"),
        ([USER, {"role": "assistant", "content": " \n"}], "has no answer"),
        ([ASSISTANT], "their roles are assistant"),
        ([USER, ASSISTANT, ASSISTANT], "their roles are user, assistant, assistant"),
        ([USER, ASSISTANT, USER, USER, ASSISTANT], "must alternate between user and assistant"),
        ([USER, {**ASSISTANT, "weight": -1}], "number from 0, not -1"),
        ([USER, {**ASSISTANT, "weight": "1"}], "number from 0, not '1'"),
    ],
)
def test_what_is_no_conversation_with_an_answer_is_named(messages: Any, said: str) -> None:
    with pytest.raises(UserError, match="f, row 3") as caught:
        read_example({"messages": messages}, "f, row 3")
    assert said in str(caught.value)


def test_thoughts_count_only_without_the_mask() -> None:
    masked = with_weights(made_example(), EncodingSettings())
    assert masked.weights == (0.0, 0.0, 1.0)
    open_ = with_weights(made_example(), EncodingSettings(thought_mask=False, thought_weight=0.5))
    assert open_.weights == (0.5, 0.5, 1.0)


def test_instruction_tuning_sees_question_and_answer() -> None:
    plain = with_weights(made_example(), EncodingSettings(type="ift"))
    assert plain.conversation == Conversation.ask("What is 2+2?")
    assert (plain.answer, plain.weights) == ("It is 4.", (1.0,))


def test_a_row_in_which_nothing_counts_is_named() -> None:
    row = made_row()
    row["messages"][-1]["weight"] = 0
    example = read_example(row, "place")
    with pytest.raises(UserError, match="ptr-1: every token has weight 0"):
        with_weights(example, EncodingSettings())
    assert any(with_weights(example, EncodingSettings(thought_mask=False)).weights)


def test_shuffling_needs_thoughts() -> None:
    with pytest.raises(ValidationError, match="no effect on `type: ift`"):
        EncodingSettings(type="ift", shuffle_thoughts=1)
