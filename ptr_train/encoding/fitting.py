"""Shortens rows that are too long: the oldest thought is left out first, with the request after it.

The question and the answer always stay, as in evaluation. A row whose question and answer alone
are too long is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ptr_train.encoding.examples import TrainingExample
from ptr_train.records import EncodedRow


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """A row that was left out."""

    id: str
    """Its id."""
    reason: str
    """A short reason; rows are counted by it."""
    tokens: int | None = None
    """Its length without thoughts, in tokens; None for a row that was not encoded."""


def fit(
    examples: Sequence[TrainingExample],
    encode: Callable[[Sequence[TrainingExample]], Sequence[EncodedRow]],
    max_length: int,
) -> list[EncodedRow | LeftOutRow]:
    """Encode rows, and leave out thoughts of those that are too long."""
    fitted: dict[int, EncodedRow | LeftOutRow] = {}
    waiting = dict(enumerate(examples))
    while waiting:
        shorter: dict[int, TrainingExample] = {}
        encoded = encode(list(waiting.values()))
        for (place, example), row in zip(waiting.items(), encoded, strict=True):
            if len(row.input_ids) <= max_length:
                fitted[place] = row
            elif example.thoughts:
                shorter[place] = example.without_oldest_thought()
            else:
                fitted[place] = LeftOutRow(example.id, "too long", len(row.input_ids))
        waiting = shorter
    return [fitted[place] for place in range(len(examples))]
