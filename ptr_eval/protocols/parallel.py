"""Parallel refinement: several answers to the same question, then a better one made of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from ptr_eval.conversation import Conversation, Quotation
from ptr_eval.instructions import QUESTION_PLACE
from ptr_eval.protocols.base import Dialogue, Order, ProtocolOptions, Reply, Turn, carried_on
from ptr_eval.thinking import DEFAULT_END


@dataclass(frozen=True, slots=True)
class Parallel:
    """Round 1 asks k times over; round 2 shows the question with the k answers.

    Generative self-refinement (arXiv 2509.00084): y* ~ pi(. | q, o_1, ..., o_k). From round 3
    on the refined answer is refined again, as in `Sequential`, with the candidates in sight.

    Candidates are shown without their thinking blocks. One that is empty, because its request
    failed or its thinking never ended, is left out; if all are, the bare question is asked again.
    """

    candidates: int
    """How many answers k to ask for, at least 1."""
    synthesis: str
    """What the user says below the candidates; the question takes the place of `{question}`."""
    rounds: int
    """How many rounds: 1 for the candidates alone, 2 with the refined answer."""
    instruction: str
    """What the user says between later rounds."""
    syntheses: int = 1
    """How many refined answers to draw from each group of candidates."""
    budget: int = 6144
    """How many tokens the candidates may take together; each may take an equal share."""
    order: Order = "sampled"
    """The order in which candidates are shown; a shuffle is seeded by their texts."""
    thinking_end: str = DEFAULT_END
    """The mark that ends a thinking block; empty to show the block along."""
    sampled: ClassVar[bool] = True
    refines_from: ClassVar[int] = 3

    @classmethod
    def of(cls, options: ProtocolOptions) -> "Parallel":
        """Make the protocol that a user's options ask for."""
        return cls(
            candidates=options.candidates,
            synthesis=options.synthesis,
            rounds=options.rounds,
            instruction=options.instruction,
            syntheses=options.syntheses,
            budget=options.candidate_tokens,
            order=options.order,
            thinking_end=options.thinking_end,
        )

    @property
    def answers_per_round(self) -> Sequence[int]:
        """The candidates, then as many answers a round as refined answers are drawn."""
        return (self.candidates, *(self.syntheses,) * (self.rounds - 1))

    def converse(self, question: Conversation) -> Dialogue:
        """Ask for candidates, show them, and go on from there."""
        replies = yield [Turn(question, "candidate")] * self.candidates
        texts = [carried_on(reply, self.thinking_end) for reply in replies]
        shown = quoting(question, texts, self.synthesis, self.budget, self.order)
        histories = [shown] * self.syntheses
        for _ in range(self.rounds - 1):
            replies = yield [Turn(history) for history in histories]
            histories = [
                self._continued(history, reply)
                for history, reply in zip(histories, replies, strict=True)
            ]

    def _continued(self, history: Conversation, reply: Reply) -> Conversation:
        answer = carried_on(reply, self.thinking_end)
        return history.then(answer, self.instruction) if answer else history


def quoting(
    question: Conversation,
    texts: Sequence[str],
    synthesis: str,
    budget: int,
    order: Order = "sampled",
) -> Conversation:
    """Show candidates below a question, and ask for one better answer.

    Args:
        question: The question, with whatever stands before it.
        texts: The candidates' texts; empty ones are left out.
        synthesis: What is asked about them; the question's last message takes the place of
            `{question}` in it.
        budget: How many tokens they may take together.
        order: In which order they are shown.

    Returns:
        The conversation; the question itself if there is nothing to show.
    """
    shown = [text.strip() for text in texts if text.strip()]
    if order == "reversed":
        shown.reverse()
    elif order == "shuffled":
        random.Random("\0".join(shown)).shuffle(shown)
    if not shown:
        return question
    # A text that is left out leaves its share unused: the others are cut as they would be with it.
    share = budget // len(texts)
    request = synthesis.replace(QUESTION_PLACE, question.opening[-1].content)
    return replace(question, quotation=Quotation(tuple(shown), request, share * len(shown)))
