"""The control without history: every round asks the bare question again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ptr_eval.conversation import Conversation
from ptr_eval.protocols.base import Dialogue, ProtocolOptions, Turn


@dataclass(frozen=True, slots=True)
class Resample:
    """Independent attempts, to tell refining from merely trying again.

    Under greedy decoding all rounds are equal.
    """

    rounds: int
    """How many attempts, at least 1."""
    sampled: ClassVar[bool] = True
    refines_from: ClassVar[None] = None

    @classmethod
    def of(cls, options: ProtocolOptions) -> "Resample":
        """Make the protocol that a user's options ask for."""
        return cls(options.rounds)

    @property
    def answers_per_round(self) -> Sequence[int]:
        """One answer a round."""
        return (1,) * self.rounds

    def converse(self, question: Conversation) -> Dialogue:
        """Ask the same question every round."""
        for _ in range(self.rounds):
            yield [Turn(question)]
