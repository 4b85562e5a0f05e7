"""Prompts with candidates: the words of evaluation, and their length."""

from pathlib import Path

import pytest

from ptr_data.methods.gsr.prompts import PromptSettings, bare, counter_of, synthesis
from ptr_data.models.model import TextModelSettings
from ptr_eval.budget import CUT_MARK, estimate_tokens
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.instructions import SYNTHESES
from ptr_eval.protocols.parallel import quoting

ESTIMATE = counter_of(TextModelSettings(name="m", backend="recorded", args={"file": "x"}))


def test_the_words_are_those_of_evaluation() -> None:
    settings = PromptSettings()
    question = bare("What is {x} + \\boxed{2}?", settings.question)
    assert question == (
        "Question: What is {x} + \\boxed{2}?\n\n"
        "Think step by step, and put the final answer in \\boxed{}."
    )
    asked = synthesis("What is {x} + \\boxed{2}?", ["one", "two"], settings, ESTIMATE)
    shown = quoting(Conversation.ask(question), ["one", "two"], SYNTHESES["examine"], 6144)
    assert asked.text == shown.messages()[-1]["content"]
    assert asked.tokens == estimate_tokens(asked.text)


def test_candidates_are_whole_unless_there_is_a_budget() -> None:
    long = "word " * 100_000 + "end"
    whole = synthesis("Why?", [long, "short"], PromptSettings(), ESTIMATE)
    assert long in whole.text
    assert whole.tokens > 100_000
    cut = synthesis("Why?", [long, "short"], PromptSettings(budget=2_000), ESTIMATE)
    assert cut.tokens < 1_300
    assert CUT_MARK in cut.text
    assert "end\n</candidate>" in cut.text
    assert "\nshort\n" in cut.text


def test_a_tokenizer_counts_the_chat_template_too(tiny_model: Path) -> None:
    settings = TextModelSettings(name="m", backend="hf", args={"pretrained": str(tiny_model)})
    counter = counter_of(settings)
    assert counter.text("7") == 1
    asked = Conversation.ask("7")
    # <|user|>, the text, <|end|>, <|assistant|>
    assert counter.conversation(asked) == 4
    plain = counter_of(settings.model_copy(update={"chat": False}))
    assert plain.conversation(asked) == 1


def test_a_tokenizer_that_is_not_there_is_named(tmp_path: Path) -> None:
    gone = {"pretrained": str(tmp_path / "gone")}
    with pytest.raises(UserError, match=r"tokenizer of the model m, .*gone, cannot be loaded"):
        counter_of(TextModelSettings(name="m", backend="hf", args=gone))
