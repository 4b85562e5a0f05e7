"""Where a row holds its question and its answer: the column forms of published instruction data.

The first row of a source decides on the form and its columns; further rows without them are
unreadable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from ptr_data.sources.conversations import first_exchange, is_conversation
from ptr_data.sources.rows import DataRow
from ptr_eval.config import Settings, Text

Form = Literal["auto", "plain", "wizardlm", "alpaca", "self_instruct", "sharegpt"]

System = Literal["drop", "keep"]

SYSTEM_DROPPED = "system prompts left out, with the answers given under them"
SYSTEM_KEPT = "system prompts put above their questions"


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


_OUTPUTS = ("output", "response", "completion")
_FORMS: Mapping[str, tuple[Columns, ...]] = {
    "self_instruct": (
        Columns(question="instruction", input="instances.0.input", answer="instances.0.output"),
    ),
    "alpaca": tuple(
        Columns(question="instruction", input=name, answer=answer)
        for name in ("input", "context")
        for answer in _OUTPUTS
    ),
    "wizardlm": tuple(
        Columns(question=name, answer=answer)
        for answer in _OUTPUTS
        for name in ("question", "instruction")
    ),
    "plain": tuple(
        Columns(question=name, answer=answer)
        for name in ("question", "prompt", "text", "instruction", "query", "problem")
        for answer in ("answer", *_OUTPUTS, "solution", None)
    ),
}
_CONVERSATIONS = ("conversations", "messages")
_SYSTEMS = ("system", "system_prompt")
_INPUTS = ("input", "inputs", "context", "passage")  # a question without them would be cut
MISSING = object()
"""What stands for the value of a column that a row does not have."""


def choose_columns(row: DataRow, wanted: Form | Columns) -> Columns | str:
    """Find out where the rows of a source hold what."""
    if isinstance(wanted, Columns):
        return wanted
    if wanted in ("auto", "sharegpt"):
        for name in _CONVERSATIONS:
            if is_conversation(row.values.get(name)):
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


def read_exchange(
    row: DataRow, columns: Columns | str, system: System | None = "drop"
) -> QuestionAndAnswer:
    """Read a row's question and answer; None looks for no column of system prompts."""
    if not isinstance(columns, str):
        parts = [read_text(row, name) for name in (columns.question, columns.input) if name]
        question = "\n\n".join(part for part in parts if part.strip())
        answer = read_text(row, columns.answer) if columns.answer else ""
        return _with_system(row, [], QuestionAndAnswer(question, answer), system)
    found = first_exchange(row, columns)
    exchange = QuestionAndAnswer(found.question or "", found.answer or "", tuple(found.notes))
    return _with_system(row, found.system, exchange, system)


def _with_system(
    row: DataRow, above: Sequence[str], exchange: QuestionAndAnswer, system: System | None
) -> QuestionAndAnswer:
    """Put the system prompts above the question, or leave out what was answered under them."""
    beside = [row.values.get(name) for name in _SYSTEMS if system]
    prompts = [text for text in [*beside, *above] if isinstance(text, str) and text.strip()]
    if not prompts:
        return exchange
    if system == "keep":
        question = "\n\n".join([*prompts, exchange.question])
        return replace(exchange, question=question, notes=(*exchange.notes, SYSTEM_KEPT))
    return replace(exchange, answer="", notes=(*exchange.notes, SYSTEM_DROPPED))


def unused(row: DataRow, columns: Columns | str) -> list[str]:
    """List a row's other columns, if none was taken for the answer."""
    if isinstance(columns, str) or columns.answer is not None:
        return []
    return [str(name) for name in row.values if name not in _named(columns)]


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
