"""Fitting a conversation into a model's context.

The oldest answers go first, with the requests that followed them; the opening never goes.
What was dropped is counted and reported with the sample.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ptr_eval.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Fitted:
    """A conversation that was made to fit.

    Attributes:
        conversation: What is left.
        tokens: Its length in tokens; None if the backend cannot count.
        dropped: How many answers were dropped.
        overflows: Whether even the bare opening is too long, so that the backend will cut it.
    """

    conversation: Conversation
    tokens: int | None
    dropped: int = 0
    overflows: bool = False

    @property
    def cut(self) -> bool:
        """Whether the model sees less than the protocol asked it to."""
        return self.dropped > 0 or self.overflows


def fit(
    conversation: Conversation,
    *,
    room: int | None,
    count: Callable[[Conversation], int | None],
) -> Fitted:
    """Drop the oldest turns until a conversation fits.

    Args:
        conversation: What the protocol wants to ask.
        room: The longest prompt allowed, in tokens; None if there is no limit to keep.
        count: The length of a rendered conversation in tokens, or None if unknown.

    Returns:
        The longest tail of the conversation that fits, or its bare opening.
    """
    tokens = count(conversation)
    dropped = 0
    while room is not None and tokens is not None and tokens > room and conversation.turns:
        conversation = conversation.without_oldest_turn()
        tokens = count(conversation)
        dropped += 1
    overflows = room is not None and tokens is not None and tokens > room
    return Fitted(conversation, tokens, dropped, overflows)


def estimate_tokens(text: str) -> int:
    """Guess a text's length in tokens where there is no tokenizer: UTF-8 bytes / 4, rounded up.

    Args:
        text: Any text.

    Returns:
        The estimate.
    """
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / 4)
