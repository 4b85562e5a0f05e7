"""Who answers turns, as the engine sees them: they take turns, and give replies back when they can.

An answerer that takes everything and gives everything back at once asks in lockstep; one that has
room for a number of turns, and gives back what is finished, is never idle.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from ptr_eval.protocols import Reply, Turn

EngineName = Literal["auto", "lockstep", "continuous"]
"""When to ask what: all dialogues go on together, or each as soon as it is answered."""


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


Answered = list[tuple[PendingTurn, Reply]]
"""Turns with their replies, in the order in which they were finished."""


class Answerer(Protocol):
    """Answers turns, in whatever order it can.

    Attributes:
        holds: How many tokens of dialogues it keeps for their next turns; None if that does not
            matter.
    """

    @property
    def holds(self) -> int | None: ...

    def has_room(self, step: int) -> bool:
        """Tell whether it wants another turn now.

        Args:
            step: The step that the turn belongs to, from 1.

        Returns:
            Whether it does.
        """

    def take(self, turn: PendingTurn) -> None:
        """Take a turn; its reply comes back later.

        Args:
            turn: The turn.
        """

    def give(self, *, wait: bool = True) -> Answered:
        """Give back what is finished.

        Args:
            wait: Whether to wait until there is something to give, or room for more.

        Returns:
            Turns that were taken, with their replies; each once.
        """


@dataclass(slots=True)
class InBatches:
    """Answers all turns of a step in one call: lockstep.

    Args:
        answer: Answers turns, in order; each gets one reply, else a ValueError is raised.
    """

    answer: Callable[[list[PendingTurn]], list[Reply]]
    holds: ClassVar[None] = None
    _taken: list[PendingTurn] = field(default_factory=list, init=False)

    def has_room(self, step: int) -> bool:
        """Take everything."""
        return True

    def take(self, turn: PendingTurn) -> None:
        """Keep a turn for the next call."""
        self._taken.append(turn)

    def give(self, *, wait: bool = True) -> Answered:
        """Answer what was taken of the earliest step, by dialogue and position."""
        if not wait or not self._taken:
            return []
        # One that asked nothing in a step waits for the others, with whom it goes on.
        step = min(turn.step for turn in self._taken)
        asked = [turn for turn in self._taken if turn.step == step]
        self._taken = [turn for turn in self._taken if turn.step != step]
        asked.sort(key=lambda turn: (turn.dialogue, turn.position))
        return list(zip(asked, self.answer(asked), strict=True))


@dataclass(slots=True)
class Relay:
    """Lets one answerer answer the first steps, and another one all later steps.

    Args:
        first: Answers each dialogue's first step.
        later: Answers the others.
    """

    first: Answerer
    later: Answerer
    holds: ClassVar[None] = None
    _in_hand: int = field(default=0, init=False)  # Of `first`.

    def has_room(self, step: int) -> bool:
        """Ask the one whose turn it is."""
        return self._of(step).has_room(step)

    def take(self, turn: PendingTurn) -> None:
        """Hand a turn on."""
        self._in_hand += turn.step == 1
        self._of(turn.step).take(turn)

    def give(self, *, wait: bool = True) -> Answered:
        """Give back what either has finished; both work at the same time where they can.

        `later` is waited for only once `first` has nothing in hand.
        """
        if not self._in_hand:
            return self.later.give(wait=wait)
        finished = self.first.give(wait=wait)
        self._in_hand -= len(finished)
        return [*finished, *self.later.give(wait=False)]

    def _of(self, step: int) -> Answerer:
        return self.first if step == 1 else self.later


@dataclass(slots=True)
class InStep:
    """Lets an answerer answer all turns of a step before any of the next one: lockstep, too.

    Args:
        answerer: The answerer.
    """

    answerer: Answerer
    holds: ClassVar[None] = None
    _step: int = field(default=1, init=False)
    _in_hand: int = field(default=0, init=False)

    def has_room(self, step: int) -> bool:
        """Ask the answerer, unless a turn of another step is under way."""
        return (step == self._step or not self._in_hand) and self.answerer.has_room(step)

    def take(self, turn: PendingTurn) -> None:
        """Hand a turn on."""
        self._step = turn.step
        self._in_hand += 1
        self.answerer.take(turn)

    def give(self, *, wait: bool = True) -> Answered:
        """Give back what is finished."""
        finished = self.answerer.give(wait=wait)
        self._in_hand -= len(finished)
        return finished
