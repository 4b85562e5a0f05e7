"""Made-up rows as `ptr-data build` writes them, as examples and as files."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ptr_train.encoding.examples import TrainingExample, read_example
from ptr_train.records import Attempt, EncodedRow

TEXTS = st.text(max_size=30)
"""Any text that UTF-8 can hold."""
ANSWERS = TEXTS.filter(str.strip)


def made_row(
    thoughts: Sequence[str] = ("3", "5"),
    answer: str = "It is 4.",
    question: str = "What is 2+2?",
    name: str = "ptr-1",
) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    for thought in thoughts:
        messages.append({"role": "assistant", "content": thought, "weight": 0})
        messages.append({"role": "user", "content": "Again, please."})
    messages.append({"role": "assistant", "content": answer, "weight": 1})
    return {"id": name, "kind": "ptr" if thoughts else "sft", "messages": messages}


def made_example(*args: Any, **kwargs: Any) -> TrainingExample:
    return read_example(made_row(*args, **kwargs), "made.jsonl, row 1")


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def made_encoded(name: str, prompt: int, attempts: Sequence[int], first: int = 0) -> EncodedRow:
    """A row of a prompt and attempts of these lengths, one other token after each thought."""
    places, end = [], prompt
    for length in attempts:
        places.append(Attempt(end, end + length))
        end += length + 1
    end -= 1
    weights = [0.0] * (end - attempts[-1]) + [1.0] * attempts[-1]
    ids = [(first + 7 * place) % 97 + 1 for place in range(end)]
    return EncodedRow(name, "ptr" if len(attempts) > 1 else "sft", ids, weights, tuple(places))
