"""Conversations in a row: their first exchange, and what else was said before its answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ptr_data.sources.rows import DataRow

CUT = "conversations used with their first exchange only"
LEFT_OUT = (
    "conversations with messages of neither user nor assistant, left out with the answers to them"
)

_USERS = ("user", "human", "prompter")
_ASSISTANTS = ("assistant", "gpt", "gpt-3.5", "gpt-4", "gpt4", "chatgpt", "bing", "bard", "gemini",
               "claude", "model", "chatbot", "bot", "ai")  # fmt: skip
_ROLES = {
    **dict.fromkeys(_USERS, "user"),
    **dict.fromkeys(_ASSISTANTS, "assistant"),
    "system": "system",
}


@dataclass(slots=True)
class FirstExchange:
    """The first exchange of a conversation, as its messages come in."""

    system: list[str] = field(default_factory=list)
    """The system prompts above the question."""
    question: str | None = None
    """The first message of the user."""
    answer: str | None = None
    """The first answer after it; empty if it answers something else as well."""
    notes: dict[str, None] = field(default_factory=dict)
    """What was not used."""
    _interrupted: bool = False

    def add(self, role: str | None, text: str) -> None:
        """Take the next message."""
        if role == "system" and self.question is None:
            self.system.append(text)
        elif role in (None, "system"):
            self.notes[LEFT_OUT] = None
            self._interrupted = True
        elif role == "user" and self.question is None:
            self.question = text
        elif role == "assistant" and self.question is not None and self.answer is None:
            self.answer = "" if self._interrupted else text
        else:
            self.notes[CUT] = None
            self._interrupted |= role == "user"


def is_conversation(value: Any) -> bool:
    """Tell whether a column's value is a list of messages."""
    return isinstance(value, list) and all(isinstance(turn, Mapping) for turn in value)


def first_exchange(row: DataRow, name: str) -> FirstExchange:
    """Read the first exchange of the conversation in a column."""
    found = FirstExchange()
    strange: dict[str, None] = {}
    for said_by, text in _messages(row, name):
        role = _ROLES.get(said_by.strip().casefold())
        if role is None:
            strange[said_by] = None
        elif text is None:
            raise row.wrong(
                f"column {name!r} has a message that is not text; correct or remove the row"
            )
        found.add(role, text or "")
    if strange and found.question is None:
        raise row.wrong(
            f"column {name!r} has no message of a user (its roles: {', '.join(strange)}; known: "
            f"{', '.join(_ROLES)}); rename the roles, or correct or remove the row"
        )
    return found


def _messages(row: DataRow, name: str) -> Iterator[tuple[str, str | None]]:
    """Read who says what; None for what is no text."""
    turns: Any = row.values.get(name)
    if not is_conversation(turns):
        raise row.wrong(
            f"column {name!r} must be a list of messages "
            "({from, value} or {role, content}); correct or remove the row"
        )
    for turn in turns:
        role = turn.get("from") if turn.get("role") is None else turn["role"]
        text = turn.get("value") if turn.get("content") is None else turn["content"]
        yield str(role), text if isinstance(text, str) else "" if text is None else None
