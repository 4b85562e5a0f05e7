"""The control without history: every round asks the bare question again."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ptr_eval.conversation import Conversation
from ptr_eval.protocols.base import Reply


@dataclass(frozen=True, slots=True)
class Resample:
    """Independent attempts, to tell refining from merely trying again.

    Under greedy decoding all rounds are equal.
    """

    rounds: int
    """How many attempts, at least 1."""
    sampled: ClassVar[bool] = True

    @property
    def steps(self) -> Sequence[int]:
        """One conversation a round."""
        return (1,) * self.rounds

    def converse(self, question: Conversation) -> Generator[list[Conversation], list[Reply], None]:
        """Ask the same question every round."""
        for _ in range(self.rounds):
            yield [question]
