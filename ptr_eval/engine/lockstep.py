"""The lockstep engine: one batch a step over all dialogues.

It works with anything that answers a batch. It decides only when to ask what; what is asked is
the protocol's decision, how a prompt is rendered and answered is the caller's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ptr_eval.protocols import Dialogue, Reply, Step, Turn


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """One turn that waits for its reply."""

    dialogue: int
    """The index of the dialogue that asks."""
    step: int
    """The dialogue's step, from 1."""
    position: int
    """The place among the turns of its step, from 0."""
    turn: Turn
    """What to ask."""


def lockstep(
    dialogues: Sequence[Dialogue], answer: Callable[[list[PendingTurn]], list[Reply]]
) -> list[list[Step]]:
    """Drive many dialogues at once, step by step, until all have ended.

    Args:
        dialogues: The protocols at work, one a question and sample.
        answer: Answers a batch of turns, in order.

    Returns:
        By dialogue, its steps: the turns asked at the same time, with their replies.

    Raises:
        ValueError: If `answer` returns another number of replies than it was asked for.
    """
    steps: list[list[Step]] = [[] for _ in dialogues]
    waiting = {i: next(dialogue) for i, dialogue in enumerate(dialogues)}
    number = 0
    while waiting:
        number += 1
        pending = [
            PendingTurn(dialogue, number, position, turn)
            for dialogue, turns in waiting.items()
            for position, turn in enumerate(turns)
        ]
        replies = answer(pending)
        for dialogue in waiting:
            steps[dialogue].append([])
        for asked, reply in zip(pending, replies, strict=True):
            steps[asked.dialogue][-1].append((asked.turn, reply))
        waiting = _advance(dialogues, {dialogue: steps[dialogue][-1] for dialogue in waiting})
    return steps


def _advance(dialogues: Sequence[Dialogue], finished: Mapping[int, Step]) -> dict[int, list[Turn]]:
    """Send each dialogue its replies; return what those that continue ask next."""
    waiting = {}
    for dialogue, step in finished.items():
        try:
            waiting[dialogue] = dialogues[dialogue].send([reply for _, reply in step])
        except StopIteration:
            continue
    return waiting
