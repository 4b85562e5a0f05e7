"""What a protocol is: a generator that says which conversations to ask next.

It yields a list of conversations and is sent the list of replies, round after round. It knows
nothing of backends, prompts' rendering, or the order in which an engine runs things.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol as Interface

from ptr_eval.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one conversation, and what it cost.

    Attributes:
        response: The model's full text; empty if the request failed.
        prompt: The prompt as the model received it (a chat server's messages as JSON).
        prompt_tokens: Its length.
        generated_tokens: The response's length.
        dropped: How many old answers the budget dropped from the prompt.
        cut: Whether the prompt lost anything, old answers or its beginning.
        failed: Why there is no response; None if there is one.
    """

    response: str
    prompt: str = ""
    prompt_tokens: int = 0
    generated_tokens: int = 0
    dropped: int = 0
    cut: bool = False
    failed: str | None = None


Dialogue = Generator[list[Conversation], list[Reply], None]
"""A protocol at work on one question."""


class Protocol(Interface):
    """A way to ask a model more than once."""

    @property
    def steps(self) -> Sequence[int]:
        """How many conversations each round asks, round by round."""

    def converse(self, question: Conversation) -> Dialogue:
        """Ask, round after round.

        Args:
            question: The opening conversation.

        Returns:
            The generator; round t yields `steps[t]` conversations.
        """
