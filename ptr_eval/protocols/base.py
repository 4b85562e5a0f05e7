"""What a protocol is: a generator that says which turns to take next.

It yields a list of turns and is sent the list of replies, step after step. It knows nothing of
backends, of how prompts are rendered, or of the order in which an engine asks.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal
from typing import Protocol as Interface

from ptr_eval.conversation import Conversation
from ptr_eval.thinking import DEFAULT_END, VisibleReply, block_at_end, visible_reply

TurnKind = Literal["answer", "candidate", "critique", "verdict", "feedback", "question"]
"""What a turn is for: an `answer` or `candidate` to the question; a `critique` of one, a `verdict`
on one, or `feedback` on it; or a further `question` in the same dialogue."""

Order = Literal["sampled", "reversed", "shuffled"]
"""The order in which candidates are shown: as they were sampled, reversed, or shuffled."""


FinishReason = Literal["stop", "length"]

Outcome = Literal["answered", "empty", "cut_off", "refused", "failed"]
"""What came of a request: a text to judge; nothing; only a thought, which the token limit cut;
the model's or its server's refusal to answer; or nothing, for a reason outside the model."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of a dialogue."""

    conversation: Conversation
    """What the model is asked to continue."""
    kind: TurnKind = "answer"
    """What the reply is."""
    scored: bool = True
    """Whether the reply is scored; rounds count scored turns, costs count all turns."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one turn, and what it cost."""

    response: str
    """The model's full text; empty if the request failed or was refused."""
    prompt: str = ""
    """The prompt as the model received it (a chat server's messages as JSON)."""
    prompt_tokens: int = 0
    """Its length."""
    generated_tokens: int = 0
    """The response's length: as the engine or server counts it, the token that ends it and hidden
    thoughts included; else that of the text."""
    visible_tokens: int | None = None
    """The length of what follows its thinking block; None if not measured."""
    finish_reason: FinishReason | None = None
    """Why the response ends: by itself, or at its token limit; None if not reported."""
    failure: str | None = None
    """Why nothing came back, in the server's words where it said any; None if something did."""
    refusal: str | None = None
    """The words with which the model or its server refused to answer; None if neither did."""
    truncated: bool = False
    """Whether the prompt was too long and shows less than was asked."""
    dropped_answers: int = 0
    """How many old answers were dropped from the prompt."""
    shortened_candidates: int = 0
    """How many of the candidates in the prompt were shortened."""
    seconds: float | None = None
    """This reply's share of the wall-clock time; None if not measured."""
    cached_tokens: float | None = None
    """How many of the prompt's tokens came from the backend's cache, a share of the batch's number;
    None if not reported."""

    @property
    def outcome(self) -> Outcome:
        """What came of the request."""
        if self.failure is not None:
            return "failed"
        if self.refusal is not None:
            return "refused"
        shown = self.response.strip() if self.visible_tokens is None else self.visible_tokens
        if shown:
            return "answered"
        thought = self.finish_reason is None and self.response.strip()
        return "cut_off" if thought or self.finish_reason == "length" else "empty"

    @property
    def missing(self) -> bool:
        """Whether there is nothing of the model to judge: the request failed or was refused."""
        return self.failure is not None or self.refusal is not None

    def visible(self, thinking_end: str = DEFAULT_END) -> VisibleReply:
        """Find what the response says outside its thinking block.

        A thought that the prompt opened and the token limit cut is no answer.

        Args:
            thinking_end: The mark that ends a thinking block; empty if there is none.

        Returns:
            The text, and where it begins in the response.
        """
        return visible_reply(
            self.response,
            thinking_end,
            block=block_at_end(self.prompt, thinking_end),
            at_limit=self.finish_reason == "length",
        )


def carried_on(reply: Reply, thinking_end: str) -> str:
    """Give what a history may show of a reply; empty if it holds no answer.

    Args:
        reply: The reply.
        thinking_end: The mark that ends a thinking block; empty to carry the block along.

    Returns:
        The visible text; servers refuse empty messages, so an empty one must not be sent.
    """
    text = "" if reply.missing else reply.visible(thinking_end).text
    return text if text.strip() else ""


Dialogue = Generator[list[Turn], list[Reply], None]
"""A protocol at work on one sample of one question."""

Step = list[tuple[Turn, Reply]]
"""Turns that were asked at the same time, with their replies."""


class Protocol(Interface):
    """A way to ask a model more than once.

    Attributes:
        sampled: Whether it makes sense only if replies are drawn at random, not decoded greedily.
        answers_per_round: How many scored turns each round has, round by round.
        refines_from: The first round whose prompts show one answer to refine, that of the same
            position in the round before. A protocol may leave it out, or have None: then a response
            that only confirms an earlier answer has nothing to keep.
    """

    @property
    def sampled(self) -> bool: ...

    @property
    def answers_per_round(self) -> Sequence[int]: ...

    def converse(self, question: Conversation) -> Dialogue:
        """Ask, step after step.

        Args:
            question: The opening conversation.

        Returns:
            The generator. A step that has scored turns is a round: round t yields
            `answers_per_round[t - 1]` of them. Steps without scored turns may come between.
        """


@dataclass(frozen=True, slots=True)
class ProtocolOptions:
    """What a user's settings say to a protocol; it uses what it needs."""

    rounds: int
    """How many rounds, at least 1 (`ptr_rounds`)."""
    instruction: str
    """What the user says between rounds (the text that `ptr_instruction` names)."""
    thinking_end: str = DEFAULT_END
    """The mark that ends a thinking block, which the history leaves out; empty to keep blocks."""
    synthesis: str = ""
    """What the user says below candidates (the text that `ptr_synthesis` names); the question takes
    the place of `{question}` in it."""
    candidates: int = 4
    """How many candidates a group has (`ptr_candidates`)."""
    syntheses: int = 1
    """How many refined answers to draw from each group (`ptr_syntheses`)."""
    candidate_tokens: int = 6144
    """How many tokens all candidates may take in a prompt (`ptr_candidate_tokens`)."""
    order: Order = "sampled"
    """The order in which candidates are shown (`ptr_order`)."""


ProtocolFactory = Callable[[ProtocolOptions], Protocol]
"""Makes a protocol of the user's options; a class that takes them is one."""
