"""What weak and strong models are asked.

A weak model sees the bare question. The strong model sees worked examples, the question, and
the weak models' attempts; where there are no attempts to show, it sees none in the examples
either, so that an answer given with attempts and one given without differ in nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ptr_data.sources.rows import DataRow, read_data
from ptr_eval.conversation import Conversation, Message
from ptr_eval.errors import UserError

TASK = (
    "The attempts above may be incomplete or wrong. Take over what is right in them, correct "
    "what is wrong, and add what is missing. Then write your own full answer to the task, in "
    "the language and form that the task asks for. Reply with that answer alone, as if you had "
    "seen only the task: do not mention, compare or judge the attempts, and check every fact "
    "and step yourself instead of taking it over."
)
"""What the strong model is told to do with the attempts."""


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """A worked example for the strong model."""

    query: str
    """The question."""
    thoughts: tuple[str, ...]
    """Attempts at it."""
    answer: str
    """The answer to be given."""


BUILT_IN = (
    WorkedExample(
        query="How can I keep cut apples from turning brown?",
        thoughts=(
            "Put them in the fridge.",
            "Apples turn brown because bacteria grow on them. Squeeze lemon juice over the "
            "slices and put them in the fridge.",
        ),
        answer=(
            "Cut apples turn brown because an enzyme in the flesh reacts with the oxygen in "
            "the air. Slow that down in one of these ways:\n\n"
            "- Brush the slices with lemon juice; its acid stops the enzyme.\n"
            "- Soak them for five minutes in water with a pinch of salt, then rinse them.\n"
            "- Press them back together, or wrap them tightly, so that little air gets in.\n\n"
            "Keep them in the fridge afterwards: the cold slows the reaction further, and they "
            "stay fresh for about a day."
        ),
    ),
    WorkedExample(
        query=(
            "A train leaves at 14:40 and arrives at 17:05. On the way it stands in stations "
            "for 25 minutes in all. How long is it moving?"
        ),
        thoughts=(
            "From 14:40 to 17:05 are 2 hours and 35 minutes. Without the 25 minutes in stations "
            "it is moving for 2 hours and 10 minutes.",
            "17:05 - 14:40 = 2:25, so it is moving for 2 hours and 25 minutes.",
        ),
        answer=(
            "From 14:40 to 16:40 are 2 hours, and from 16:40 to 17:05 another 25 minutes, so "
            "the journey takes 2 hours and 25 minutes. For 25 minutes of these the train "
            "stands in stations, which leaves 2 hours.\n\nThe train is moving for 2 hours."
        ),
    ),
)
"""The examples that are shown unless a file names others."""


def read_examples(path: Path) -> tuple[WorkedExample, ...]:
    """Read worked examples."""
    examples = tuple(_example(row) for row in read_data(path))
    if not examples:
        raise UserError(f"{path} holds no examples; write `none` instead to show none.")
    return examples


def _example(row: DataRow) -> WorkedExample:
    question, thoughts, answer = (row.values.get(name) for name in ("query", "thoughts", "answer"))
    texts = thoughts if isinstance(thoughts, list) else [None]
    if not all(isinstance(text, str) and text.strip() for text in (question, answer, *texts)):
        raise row.wrong(
            "an example needs a text `query`, a list of texts `thoughts` and a text `answer`"
        )
    return WorkedExample(str(question), tuple(map(str, texts)), str(answer))


def weak_opening(question: str) -> Conversation:
    """Ask a weak model."""
    return Conversation.ask(question)


def strong_opening(
    question: str, thoughts: Sequence[str], examples: Sequence[WorkedExample]
) -> Conversation:
    """Ask the strong model."""
    shown = [
        message
        for example in examples
        for message in (
            Message("user", _asked(example.query, example.thoughts if thoughts else ())),
            Message("assistant", example.answer),
        )
    ]
    return Conversation((*shown, Message("user", _asked(question, thoughts))))


def _asked(question: str, thoughts: Sequence[str]) -> str:
    if not thoughts:
        return question
    attempts = [
        f'<attempt number="{number}">\n{thought}\n</attempt>'
        for number, thought in enumerate(thoughts, start=1)
    ]
    return "\n\n".join([f"<task>\n{question}\n</task>", *attempts, TASK])
