"""Where a row holds its question and its answer: the column forms of published instruction data.

The first row of a source decides on the form and its columns; every further row must have them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from ptr_data.sources.rows import DataRow
from ptr_eval.config import Settings, Text

Form = Literal["auto", "plain", "wizardlm", "alpaca", "self_instruct", "sharegpt"]

CUT = "conversations used with their first exchange only"
LEFT_OUT = "conversations with messages of neither user nor assistant, left out"


class Columns(Settings):
    """Names of columns; a dot goes into a list or mapping, as in `instances.0.input`."""

    question: Text
    """The question."""
    input: Text | None = None
    """What the question is about, put below it; None if there is no such column."""
    answer: Text | None = None
    """The source's own answer; None if there is no such column."""


FormOrColumns = Annotated[
    Annotated[Form, Tag("form")] | Annotated[Columns, Tag("names")],
    Discriminator(lambda value: "names" if isinstance(value, dict | Columns) else "form"),
]
"""A form, or names of columns; mistakes are reported for the one that was meant."""


@dataclass(frozen=True, slots=True)
class QuestionAndAnswer:
    """What a row holds."""

    question: str
    """The question, any input below it."""
    answer: str
    """The source's own answer; empty if it has none."""
    notes: tuple[str, ...] = ()
    """What of the row was not used."""


_FORMS: Mapping[str, tuple[Columns, ...]] = {
    "self_instruct": (
        Columns(question="instruction", input="instances.0.input", answer="instances.0.output"),
    ),
    "alpaca": (Columns(question="instruction", input="input", answer="output"),),
    "wizardlm": (
        Columns(question="question", answer="output"),
        Columns(question="instruction", answer="output"),
    ),
    "plain": tuple(
        Columns(question=name, answer=answer)
        for name in ("question", "prompt", "text", "instruction")
        for answer in ("answer", None)
    ),
}
_CONVERSATIONS = ("conversations", "messages")
_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
}
_INPUTS = ("input", "inputs", "context", "passage")  # a question without them would be cut
MISSING = object()
"""What stands for the value of a column that a row does not have."""


def choose_columns(row: DataRow, wanted: Form | Columns) -> Columns | str:
    """Find out where the rows of a source hold what."""
    if isinstance(wanted, Columns):
        return wanted
    if wanted in ("auto", "sharegpt"):
        for name in _CONVERSATIONS:
            if _is_conversation(row.values.get(name)):
                return name
    strange = [name for name in _INPUTS if wanted == "auto" and name in row.values]
    for columns in _candidates(wanted):
        if strange and columns.input is None:
            continue
        if all(value_at(row, name) is not MISSING for name in _named(columns)):
            return columns
    there = ", ".join(map(str, row.values)) or "none"
    form = "known form" if wanted == "auto" else f"form {wanted!r}"
    raise row.wrong(
        f"its columns ({there}) are in no {form}; "
        "name them, as in `columns: {question: prompt, answer: reply}`"
    )


def read_exchange(row: DataRow, columns: Columns | str) -> QuestionAndAnswer:
    """Read a row's question and answer."""
    if isinstance(columns, str):
        return _first_exchange(row, columns)
    parts = [read_text(row, name) for name in (columns.question, columns.input) if name]
    question = "\n\n".join(part for part in parts if part.strip())
    return QuestionAndAnswer(question, read_text(row, columns.answer) if columns.answer else "")


def value_at(row: DataRow, name: str) -> Any:
    """Find the value under a column name, which may go into lists and mappings."""
    if name in row.values:
        return row.values[name]
    found: Any = row.values
    for part in name.split("."):
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return MISSING
    return found


def read_text(row: DataRow, name: str) -> str:
    """Read a column of text."""
    value = value_at(row, name)
    if value is MISSING:
        there = ", ".join(map(str, row.values)) or "none"
        raise row.wrong(f"has no column {name!r} (its columns: {there}); correct or remove the row")
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise row.wrong(
            f"column {name!r} must be text, not {type(value).__name__}; "
            "name a place in it with dots, as in `instances.0.input`, or correct the row"
        )
    return "" if value is None else str(value)


def _candidates(form: str) -> tuple[Columns, ...]:
    if form == "auto":
        return tuple(columns for known in _FORMS.values() for columns in known)
    return _FORMS.get(form, ())


def _named(columns: Columns) -> list[str]:
    return [name for name in (columns.question, columns.input, columns.answer) if name]


def _is_conversation(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(turn, Mapping) for turn in value)


def _first_exchange(row: DataRow, name: str) -> QuestionAndAnswer:
    question = answer = None
    notes: dict[str, None] = {}
    for role, text in _turns(row, name):
        if role is None:
            notes[LEFT_OUT] = None
        elif role == "user" and question is None:
            question = text
        elif role == "assistant" and question is not None and answer is None:
            answer = text
        else:
            notes[CUT] = None
    return QuestionAndAnswer(question or "", answer or "", tuple(notes))


def _turns(row: DataRow, name: str) -> Iterator[tuple[str | None, str]]:
    """Read a conversation's roles, None for neither user nor assistant, and texts."""
    turns: Any = row.values.get(name)
    if not _is_conversation(turns):
        raise row.wrong(
            f"column {name!r} must be a list of messages "
            "({from, value} or {role, content}); correct or remove the row"
        )
    for turn in turns:
        role, text = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
        known = _ROLES.get(role) if isinstance(role, str) else None
        if known and not isinstance(text, str | None):
            raise row.wrong(
                f"column {name!r} has a message that is not text but {type(text).__name__}; "
                "correct or remove the row"
            )
        yield known, text if isinstance(text, str) else ""
