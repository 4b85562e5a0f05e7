"""The lockstep engine: one batch a round over all questions.

It works with anything that answers a batch. It decides only when to run what; what is asked is
the protocol's, how a prompt is rendered and answered is the caller's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ptr_eval.conversation import Conversation
from ptr_eval.protocols import Dialogue, Reply


@dataclass(frozen=True, slots=True)
class Ask:
    """One conversation to be answered."""

    chain: int
    """The index of the dialogue that asks."""
    round: int
    """The round, from 1."""
    position: int
    """The place among the conversations that the dialogue asks in this round."""
    conversation: Conversation
    """What to ask."""


def lockstep(
    dialogues: Sequence[Dialogue], answer: Callable[[list[Ask]], list[Reply]]
) -> list[list[list[Reply]]]:
    """Drive many dialogues at once, round by round, until all have ended.

    Args:
        dialogues: The protocols at work, one a question and sample.
        answer: Answers a batch of asks, in order.

    Returns:
        Replies by dialogue, round and position.

    Raises:
        ValueError: If `answer` returns another number of replies than it was asked for.
    """
    replies: list[list[list[Reply]]] = [[] for _ in dialogues]
    waiting = {i: next(dialogue) for i, dialogue in enumerate(dialogues)}
    round_ = 0
    while waiting:
        round_ += 1
        asks = [
            Ask(chain, round_, position, conversation)
            for chain, conversations in waiting.items()
            for position, conversation in enumerate(conversations)
        ]
        answers = answer(asks)
        for chain in waiting:
            replies[chain].append([])
        for ask, reply in zip(asks, answers, strict=True):
            replies[ask.chain][-1].append(reply)
        waiting = _advance(dialogues, {chain: replies[chain][-1] for chain in waiting})
    return replies


def _advance(
    dialogues: Sequence[Dialogue], replies: dict[int, list[Reply]]
) -> dict[int, list[Conversation]]:
    """Send each dialogue its replies; return what those that go on ask next."""
    waiting = {}
    for chain, got in replies.items():
        try:
            waiting[chain] = dialogues[chain].send(got)
        except StopIteration:
            continue
    return waiting
