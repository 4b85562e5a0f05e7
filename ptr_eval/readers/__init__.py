"""Benchmarks' published files and hub rows, read into one form per kind of task.

A reader takes a `Row` and yields documents: plain dicts with the fields that prompts and
scorers use. Readers are named in the task configurations.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ptr_eval.plugins import check_call, load_part
from ptr_eval.readers import maths, multiple_choice, text
from ptr_eval.readers.files import Row, read_rows

Reader = Callable[[Row], Iterable[dict[str, Any]]]

READERS: dict[str, Reader] = {
    "arc": multiple_choice.arc,
    "contest": maths.contest,
    "drop": text.drop,
    "gpqa": multiple_choice.gpqa,
    "gsm8k": maths.gsm8k,
    "hellaswag": multiple_choice.hellaswag,
    "humaneval": text.humaneval,
    "knights_and_knaves": multiple_choice.knights_and_knaves,
    "math": maths.math,
    "math500": maths.math500,
    "mmlu": multiple_choice.mmlu,
    "olympiadbench": maths.olympiadbench,
    "winogrande": multiple_choice.winogrande,
    "xsum": text.xsum,
}
"""Readers by the name a task configuration gives them."""


def plain(row: Row) -> Iterable[dict[str, Any]]:
    """Read a row whose columns are already named as prompt and scorer want them."""
    gold = {} if "golds" in row.values else {"gold": row.text("gold")}
    yield {"target": gold.get("gold", ""), **row.values, **gold}


READERS["plain"] = plain


SIGNATURE = "a function `reader(row: Row) -> Iterable[dict]`"


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


def read_documents(reader: Reader, row: Row) -> list[dict[str, Any]]:
    """Read a row's questions.

    Args:
        reader: The reader.
        row: One row.

    Returns:
        The questions.

    Raises:
        UserError: If the row is not in the benchmark's form; file, row and column are named.
    """
    try:
        return [dict(question) for question in reader(row)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # Columns that are there but hold other things than the benchmark's.
        raise row.wrong(f"is not in the benchmark's form ({error})") from error


__all__ = ["READERS", "Reader", "Row", "find_reader", "read_documents", "read_rows"]
