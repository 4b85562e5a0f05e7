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
    """What came back for one conversation, and what it cost."""

    response: str
    """The model's full text; empty if the request failed."""
    prompt: str = ""
    """The prompt as the model received it (a chat server's messages as JSON)."""
    prompt_tokens: int = 0
    """Its length."""
    generated_tokens: int = 0
    """The response's length."""
    dropped: int = 0
    """How many old answers the budget dropped from the prompt."""
    cut: bool = False
    """Whether the prompt lost anything, old answers or its beginning."""
    failed: str | None = None
    """Why there is no response; None if there is one."""
    seconds: float | None = None
    """This answer's share of the wall-clock time; None if not measured."""
    cached_tokens: float | None = None
    """How many of the prompt's tokens came from the backend's cache, a share of what it told of
    the batch; None if it does not tell."""
    full: bool | None = None
    """Whether the response reached its token limit; None if the backend does not tell."""
    shortened: int = 0
    """How many of the texts that the prompt quotes were cut."""
    visible_tokens: int | None = None
    """The length of what follows its thinking block; None if not measured."""


Dialogue = Generator[list[Conversation], list[Reply], None]
"""A protocol at work on one question."""


class Protocol(Interface):
    """A way to ask a model more than once."""

    @property
    def sampled(self) -> bool:
        """Whether it makes sense only if replies are drawn at random, not decoded greedily."""

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
