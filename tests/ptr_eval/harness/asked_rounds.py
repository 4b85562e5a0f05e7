"""Requests of a task, without lm-eval's way to them."""

from collections.abc import Sequence
from typing import Any

from lm_eval.api.instance import Instance

from ptr_eval.conversation import Conversation, Transcript
from ptr_eval.harness.answer_key import AnswerKey, TaskContext
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.protocols import Protocol


def instances_of(
    protocol: Protocol,
    openings: Sequence[Conversation],
    settings: TaskSettings,
    generation: dict[str, Any],
    samples: int = 1,
) -> list[Instance]:
    """Make the requests of a task that asks chats."""
    context = TaskContext(protocol, settings, Transcript(), chat=True)
    return [
        Instance(
            request_type="generate_rounds",
            doc={},
            arguments=("", generation, AnswerKey(context, opening, sample, index)),
            idx=0,
            metadata=("task", number, 1),
        )
        for number, opening in enumerate(openings)
        for sample in range(samples)
        for index in range(sum(protocol.answers_per_round))
    ]
