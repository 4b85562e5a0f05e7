"""Parallel refinement: several answers to the same question, then a better one made of them."""

import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from ptr_eval.conversation import Conversation, Quotation
from ptr_eval.protocols.base import Reply
from ptr_eval.thinking import DEFAULT_END, visible_answer

Order = Literal["asked", "reversed", "shuffled"]


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
    """What the user says below the candidates."""
    rounds: int
    """How many rounds: 1 for the candidates alone, 2 with the refined answer."""
    instruction: str
    """What the user says between later rounds."""
    syntheses: int = 1
    """How many refined answers to draw from each group of candidates."""
    budget: int = 6144
    """How many tokens the candidates may take together; each may take an equal share."""
    order: Order = "asked"
    """In which order candidates are shown: as asked, reversed, or shuffled by what they say."""
    thinking_end: str = DEFAULT_END
    """The mark that ends a thinking block; empty to show the block along."""
    sampled: ClassVar[bool] = True

    @property
    def steps(self) -> Sequence[int]:
        """The candidates, then as many conversations a round as refined answers are drawn."""
        return (self.candidates, *(self.syntheses,) * (self.rounds - 1))

    def converse(self, question: Conversation) -> Generator[list[Conversation], list[Reply], None]:
        """Ask for candidates, show them, and go on from there."""
        replies = yield [question] * self.candidates
        texts = [visible_answer(reply.response, self.thinking_end) for reply in replies]
        asked = quoting(question, texts, self.synthesis, self.budget, self.order)
        talks = [asked] * self.syntheses
        for _ in range(self.rounds - 1):
            replies = yield talks
            talks = [self._on(talk, reply) for talk, reply in zip(talks, replies, strict=True)]

    def _on(self, talk: Conversation, reply: Reply) -> Conversation:
        if reply.failed is not None:
            return talk
        return talk.then(visible_answer(reply.response, self.thinking_end), self.instruction)


def quoting(
    question: Conversation,
    texts: Sequence[str],
    synthesis: str,
    budget: int,
    order: Order = "asked",
) -> Conversation:
    """Show candidates below a question, and ask for one better answer.

    Args:
        question: The question, with whatever stands before it.
        texts: The candidates' texts; empty ones are left out.
        synthesis: What is asked about them.
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
    return replace(question, quotation=Quotation(tuple(shown), synthesis, share * len(shown)))
