"""What models are asked: the question alone, or with candidates as evaluation shows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, field_validator

from ptr_data.models.model import TextModelSettings
from ptr_eval.budget import TokenCounter, estimate_tokens, fit
from ptr_eval.config import Settings, Text
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.extras import require
from ptr_eval.instructions import resolve_synthesis
from ptr_eval.protocols.parallel import quoting

PLACE = "{question}"
QUESTION = "Question: {question}\n\nThink step by step, and put the final answer in \\boxed{}."
"""How the tasks of evaluation word a question."""

_Count = Annotated[int, Field(ge=1)]


class PromptSettings(Settings):
    """What is asked."""

    question: Text = QUESTION
    """How a question is worded, with `{question}` where it stands; by default as the tasks `gsr_*`
    do."""
    synthesis: Annotated[Text, Field(validate_default=True)] = "examine"
    """What is asked below the candidates: a shipped request's name, or the text, in which the
    question takes the place of `{question}`."""
    limit: _Count = 8_192
    """The longest prompt with candidates, in tokens; longer ones are dropped."""
    budget: _Count | None = None
    """To how many tokens the candidates are cut together, each to an equal share, as evaluation
    does; null to leave them whole."""

    @field_validator("question")
    @classmethod
    def _has_place(cls, question: str) -> str:
        if PLACE not in question:
            raise ValueError(f"must hold {PLACE}, where the question is to stand")
        return question

    @field_validator("synthesis")
    @classmethod
    def _resolved(cls, synthesis: str) -> str:
        try:
            return resolve_synthesis(synthesis)
        except UserError as error:
            raise ValueError(str(error).removeprefix("ptr_synthesis=").rstrip(".")) from None


@dataclass(frozen=True, slots=True)
class SynthesisPrompt:
    """A prompt with candidates."""

    text: str
    """What the user says."""
    tokens: int
    """Its length, with the chat template around it where the student has one."""


def bare(question: str, wording: str) -> str:
    """Ask a question alone."""
    return wording.replace(PLACE, question)


def synthesis(
    question: str, candidates: Sequence[str], settings: PromptSettings, counter: TokenCounter
) -> SynthesisPrompt:
    """Ask for one better solution, word for word as evaluation does."""
    opening = Conversation.ask(bare(question, settings.question))
    asked = quoting(opening, candidates, settings.synthesis, settings.budget or settings.limit)
    if settings.budget is not None:
        asked = fit(asked, max_tokens=None, count=counter).conversation
    return SynthesisPrompt(asked.messages()[-1]["content"], counter.conversation(asked) or 0)


def counter_of(settings: TextModelSettings) -> TokenCounter:
    """Prepare to count tokens as a model does, without loading its weights."""
    name = settings.args.get("tokenizer") or settings.args.get("pretrained")
    if not isinstance(name, str):
        return _counting(estimate_tokens, _plain_text)
    require(f"Counting tokens as {name} does", "hf", "transformers")
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=settings.revision or "main")
    except (OSError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"The tokenizer of the model {settings.name}, {name}, cannot be loaded ({reason}); "
            "check its `args`."
        ) from error

    def length(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False, verbose=False).input_ids)

    if settings.chat is False or not tokenizer.chat_template:
        return _counting(length, _plain_text)

    def rendered(messages: list[dict[str, str]]) -> str:
        text: str = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        return text

    return _counting(length, rendered)


def _counting(
    length: Callable[[str], int], rendered: Callable[[list[dict[str, str]]], str]
) -> TokenCounter:
    return TokenCounter(lambda asked: length(rendered(asked.messages())), length)


def _plain_text(messages: list[dict[str, Any]]) -> str:
    return "\n\n".join(message["content"] for message in messages)
