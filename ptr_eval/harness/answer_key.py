"""What a request carries from the task to the model: how it is asked, and which answer it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ptr_eval.conversation import Conversation, Transcript
from ptr_eval.errors import UserError
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.protocols import Protocol, Reply, Step
from ptr_eval.runs import Answer

REQUEST_TYPE = "generate_rounds"
"""The request type of lm-eval under which a task's rounds are run."""


@dataclass(frozen=True, slots=True)
class TaskContext:
    """How a task's questions are asked; one for all its requests."""

    protocol: Protocol
    """Which turns to take."""
    settings: TaskSettings
    """The user's settings."""
    transcript: Transcript
    """How to write a conversation without a chat template."""
    chat: bool
    """Whether to render through the model's chat template."""
    scorers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All scorers that the task has, each with the settings that it uses; `settings` may ask for
    others."""
    prompts: tuple[str, ...] = ()
    """The names of the task's former wordings; `settings` may ask for another one."""


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """The place of one answer among all that are asked of one question."""

    context: TaskContext
    """How the question is asked."""
    opening: Conversation
    """The question with its system prompt and few-shot examples."""
    sample: int
    """Which of several samples of the question, from 0."""
    index: int
    """Which answer of the sample, counted over rounds and positions, from 0."""

    def answer(self, question: int, reply: Reply) -> Answer:
        """Make the record of the answer, once there is a reply."""
        round_, position = place(self.index, self.context.protocol.answers_per_round)
        return Answer(question, self.sample, round_, position, reply)


def place(index: int, answers_per_round: Sequence[int]) -> tuple[int, int]:
    """Find the round, from 1, and the position, from 0, of a sample's answer."""
    passed = 0
    for number, size in enumerate(answers_per_round, start=1):
        if index < passed + size:
            return number, index - passed
        passed += size
    raise IndexError(f"answer {index} lies beyond the protocol's {passed}")


@dataclass(frozen=True, slots=True)
class DialogueSpec:
    """A dialogue to hold: one sample of one question."""

    context: TaskContext
    """How the question is asked."""
    opening: Conversation
    """The question with its system prompt and few-shot examples."""
    sample: int
    """Which of several samples of the question, from 0."""
    generation: Mapping[str, Any]
    """The generation settings."""


def answers_of(spec: DialogueSpec, steps: Sequence[Step], question: int) -> list[Answer]:
    """Make records of a dialogue's scored turns; each round's first holds the unscored ones.

    Turns that are not scored belong to the round that follows them, the last ones to the last.
    A protocol that took other turns than it announced is refused.
    """
    found: list[Answer] = []
    waiting: list[Answer] = []
    rounds: list[int] = []
    for step in steps:
        number = len(rounds) + 1
        turns = [
            Answer(question, spec.sample, number, position, reply, turn.kind, turn.scored)
            for position, (turn, reply) in enumerate(step)
        ]
        waiting += [turn for turn in turns if not turn.scored]
        scored = [turn for turn in turns if turn.scored]
        if scored:
            found += _with_unscored(scored, waiting)
            waiting = []
            rounds.append(len(scored))
    if rounds != list(spec.context.protocol.answers_per_round):
        raise UserError(
            f"ptr_protocol={spec.context.settings.protocol}: its rounds had {rounds} scored turns, "
            f"not the {list(spec.context.protocol.answers_per_round)} of `answers_per_round`."
        )
    if waiting:
        begin = len(found) - rounds[-1]
        last = [replace(turn, round=len(rounds)) for turn in waiting]
        found[begin] = replace(found[begin], unscored=(*found[begin].unscored, *last))
    return found


def _with_unscored(scored: Sequence[Answer], unscored: Sequence[Answer]) -> list[Answer]:
    first, *others = [replace(turn, position=i) for i, turn in enumerate(scored)]
    return [replace(first, unscored=tuple(unscored)), *others]
