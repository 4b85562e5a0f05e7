"""Readers: from a row of a benchmark's file or hub data set to questions.

A question is a plain dict with the fields that the prompt and the scorers of its task use. A task
configuration names its reader.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ptr_eval.plugins import check_call, load_part
from ptr_eval.readers import code, maths, multiple_choice, reading
from ptr_eval.readers.files import read_rows
from ptr_eval.readers.row import SourceRow

Reader = Callable[[SourceRow], Iterable[dict[str, Any]]]
"""A function from one row to its questions, mostly one.

A question has the fields that the task's prompt (`doc_to_text`) and scorers use, as plain JSON
values. Each has `target`, the answer shown in few-shot examples. Scorers need:

- `gold`: the right answer as text (`exact`, `number_*`, `maths`, `similarity`, `options`, and the
  `upstream_*` scorers of these); for `options` it is the label of the right option;
- `labels` and `choices`: the labels and texts of the options, in order (`options`);
- `golds`: all right answers, each a list of spans (`spans`);
- `prompt`, `entry_point` and `test`: as HumanEval has them (`code`).

A row that is not in the benchmark's form is reported with `raise row.wrong("...")`; the methods of
`SourceRow` do so for missing columns. A reader must give the same questions each time.
"""

READERS: dict[str, Reader] = {
    "arc": multiple_choice.arc,
    "contest": maths.contest,
    "drop": reading.drop,
    "gpqa": multiple_choice.gpqa,
    "gsm8k": maths.gsm8k,
    "hellaswag": multiple_choice.hellaswag,
    "humaneval": code.humaneval,
    "knights_and_knaves": multiple_choice.knights_and_knaves,
    "math": maths.math,
    "math500": maths.math500,
    "mmlu": multiple_choice.mmlu,
    "olympiadbench": maths.olympiadbench,
    "winogrande": multiple_choice.winogrande,
    "xsum": reading.xsum,
}
"""The readers by the names that task configurations use."""


def plain(row: SourceRow) -> Iterable[dict[str, Any]]:
    """Read a row whose columns already have the names that prompt and scorers use."""
    gold = {} if "golds" in row.values else {"gold": row.text("gold")}
    yield {"target": gold.get("gold", ""), **row.values, **gold}


READERS["plain"] = plain


SIGNATURE = "a function `reader(row: SourceRow) -> Iterable[dict]`"


def find_reader(reference: str, where: str) -> Reader:
    """Find a reader.

    Args:
        reference: A shipped name, `package.module:name` or `file.py:name`.
        where: The field that names it, for messages.

    Returns:
        The reader.

    Raises:
        UserError: If there is none, or it is not a function of a row.
    """
    reader: Reader = load_part(reference, READERS, where)
    check_call(reader, ("row",), f"{where}={reference}", SIGNATURE)
    return reader


def read_questions(reader: Reader, row: SourceRow) -> list[dict[str, Any]]:
    """Read a row's questions.

    Args:
        reader: The reader.
        row: One row.

    Returns:
        The questions.

    Raises:
        UserError: If the row is not in the benchmark's form; the message names file and row.
    """
    try:
        return [dict(question) for question in reader(row)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # A column has another type than in the benchmark.
        raise row.wrong(f"is not in the benchmark's form ({error})") from error


__all__ = ["READERS", "Reader", "SourceRow", "find_reader", "read_questions", "read_rows"]
