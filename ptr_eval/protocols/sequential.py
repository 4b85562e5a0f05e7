"""Progressive refinement: ask, then ask to refine, round after round."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ptr_eval.conversation import Conversation
from ptr_eval.protocols.base import Dialogue, ProtocolOptions, Turn, carried_on
from ptr_eval.thinking import DEFAULT_END


@dataclass(frozen=True, slots=True)
class Sequential:
    """Each round sees the question, all answers so far, and the instruction to refine.

    Round 1 asks q; round t asks q, y_1, r, y_2, r, ..., y_(t-1), r, where r is the refinement
    instruction (Progressive Thought Refinement, evaluation procedure).

    A reply without an answer (failed, refused, empty, or a thought that was cut off) adds nothing
    to the history: the next round asks the same again.
    """

    rounds: int
    """How many rounds, at least 1."""
    instruction: str
    """What the user says between rounds."""
    thinking_end: str = DEFAULT_END
    """The mark that ends a thinking block, which the history leaves out; empty to carry the block
    along."""
    sampled: ClassVar[bool] = False
    refines_from: ClassVar[int] = 2

    @classmethod
    def of(cls, options: ProtocolOptions) -> "Sequential":
        """Make the protocol that a user's options ask for."""
        return cls(options.rounds, options.instruction, options.thinking_end)

    @property
    def answers_per_round(self) -> Sequence[int]:
        """One answer a round."""
        return (1,) * self.rounds

    def converse(self, question: Conversation) -> Dialogue:
        """Ask, then ask to refine: one turn a round."""
        conversation = question
        for _ in range(self.rounds):
            (reply,) = yield [Turn(conversation)]
            if answer := carried_on(reply, self.thinking_end):
                conversation = conversation.then(answer, self.instruction)
