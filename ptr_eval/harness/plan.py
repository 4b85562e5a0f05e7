"""What a request carries from the task to the model: the conversation's plan, and its slot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ptr_eval.conversation import Conversation, Transcript
from ptr_eval.harness.settings import Settings
from ptr_eval.protocols import Protocol, Reply

REQUEST_TYPE = "generate_rounds"
"""The request type of lm-eval under which a task's rounds are run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a task's questions are asked; one for all its requests."""

    protocol: Protocol
    """Which conversations to ask."""
    settings: Settings
    """The user's settings."""
    transcript: Transcript
    """How to write a conversation out without a chat template."""
    chat: bool
    """Whether to render through the model's chat template."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one answer among all that are asked of one document."""

    plan: Plan
    """How the document is asked."""
    opening: Conversation
    """The question with its system prompt and few-shot examples."""
    sample: int
    """Which of several samples of the document, from 0."""
    index: int
    """Which answer of the sample, counted over rounds and positions, from 0."""

    @property
    def round(self) -> int:
        """The answer's round, from 1."""
        return self._place[0]

    @property
    def position(self) -> int:
        """The answer's place among those of its round, from 0."""
        return self._place[1]

    @property
    def _place(self) -> tuple[int, int]:
        passed = 0
        for number, size in enumerate(self.plan.protocol.steps, start=1):
            if self.index < passed + size:
                return number, self.index - passed
            passed += size
        raise IndexError(f"answer {self.index} lies beyond the protocol's {passed}")


def record_of(slot: Slot, reply: Reply) -> dict[str, Any]:
    """Describe an answer for the samples file."""
    return {
        "sample": slot.sample,
        "round": slot.round,
        "position": slot.position,
        "prompt_tokens": reply.prompt_tokens,
        "generated_tokens": reply.generated_tokens,
        "visible_tokens": reply.visible_tokens,
        "dropped_answers": reply.dropped,
        "shortened": reply.shortened,
        "full": reply.full,
        "prompt_cut": reply.cut,
        "failed": reply.failed,
        "scores": {},
        "spent": (reply.seconds, reply.cached_tokens),
    }


def arguments_of(slot: Slot, reply: Reply, settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """Build the arguments that lm-eval logs for an answered request."""
    return (reply.prompt, settings, record_of(slot, reply))
