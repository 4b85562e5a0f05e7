"""Training rows, read from their messages and checked: the dialogue, the answer, their weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from ptr_eval.conversation import Conversation, Exchange, Message, Role
from ptr_eval.errors import UserError
from ptr_train.encoding.settings import EncodingSettings

_SHAPE = "messages must alternate between user and assistant, and end with the answer"


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """A row before it is written as text."""

    id: str
    """The row's id."""
    kind: str
    """The row's kind, such as `ptr`, `sft`, `direct` or `refine`."""
    conversation: Conversation
    """The prompt; its exchanges are the thoughts, each with the request after it."""
    answer: str
    """The final answer."""
    weights: tuple[float, ...]
    """The weight of a token: of each thought in order, then of the answer."""
    dropped: int = 0
    """How many of the oldest thoughts were left out."""

    @property
    def thoughts(self) -> tuple[str, ...]:
        """The thoughts, oldest first."""
        return tuple(exchange.answer for exchange in self.conversation.exchanges)

    def without_oldest_thought(self) -> "TrainingExample":
        """Leave out the oldest thought and the request after it."""
        return replace(
            self,
            conversation=self.conversation.without_oldest_exchange(),
            weights=self.weights[1:],
            dropped=self.dropped + 1,
        )

    def with_thoughts(self, thoughts: Sequence[str]) -> "TrainingExample":
        """Replace the thoughts by others."""
        exchanges = zip(thoughts, self.conversation.exchanges, strict=True)
        changed = tuple(replace(exchange, answer=thought) for thought, exchange in exchanges)
        return replace(self, conversation=replace(self.conversation, exchanges=changed))


def read_example(row: Mapping[str, Any], place: str) -> TrainingExample:
    """Read a row's messages."""
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(_is_message(message) for message in messages):
        raise UserError(
            f"{place}: `messages` must be a list of messages with `role` and `content`; name a "
            "folder that `ptr-data build` wrote, or files like those."
        )
    if not messages or messages[-1]["role"] != "assistant" or not messages[-1]["content"].strip():
        raise UserError(f"{place} has no answer: its last message must be an assistant's.")
    roles = [message["role"] for message in messages]
    first = roles.index("assistant")
    if first == 0 or roles[first - 1 :] != ["user", "assistant"] * ((len(roles) - first + 1) // 2):
        raise UserError(f"{place}: {_SHAPE}; their roles are {', '.join(roles[:12])}.")
    opening = tuple(Message(message["role"], message["content"]) for message in messages[:first])
    texts = [message["content"] for message in messages[first:-1]]
    exchanges = tuple(Exchange(*pair) for pair in zip(texts[::2], texts[1::2], strict=True))
    weights = [_weight(message, place, 0.0) for message in messages[first:-1:2]]
    return TrainingExample(
        id=str(row.get("id") or place),
        kind=str(row.get("kind") or ("ptr" if exchanges else "sft")),
        conversation=Conversation(opening, exchanges),
        answer=messages[-1]["content"],
        weights=(*weights, _weight(messages[-1], place, 1.0)),
    )


def with_weights(example: TrainingExample, settings: EncodingSettings) -> TrainingExample:
    """Set the weights: for `ift`, leave the thoughts out; without the mask, thoughts count, too.

    A share is masked later, when the parts of the thoughts are known.
    """
    *thoughts, answer = example.weights
    if settings.type == "ift":
        plain = replace(example.conversation, exchanges=())
        changed = replace(example, conversation=plain, weights=(answer,))
    elif settings.thought_mask is True:
        changed = example
    else:
        changed = replace(example, weights=(*(settings.thought_weight for _ in thoughts), answer))
    if not any(changed.weights):
        raise UserError(
            f"{example.id}: every token has weight 0; give the answer a weight above 0."
        )
    return changed


def _is_message(message: Any) -> bool:
    return (
        isinstance(message, Mapping)
        and message.get("role") in get_args(Role)
        and isinstance(message.get("content"), str)
    )


def _weight(message: Mapping[str, Any], place: str, default: float) -> float:
    weight = message.get("weight")
    if weight is None:
        return default
    if not isinstance(weight, int | float) or not 0 <= weight < float("inf"):
        raise UserError(f"{place}: a message's `weight` must be a number from 0, not {weight!r}.")
    return float(weight)
