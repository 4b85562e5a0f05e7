"""Mathematics benchmarks: GSM8K, MATH, MATH-500."""

import re
from collections.abc import Iterator
from typing import Any

from ptr_eval.benchmarks.rows import Row

_CALCULATION = re.compile(r"<<[^<>]*>>")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def gsm8k(row: Row) -> Iterator[dict[str, Any]]:
    """Read GSM8K; the gold number follows the mark ####.

    Args:
        row: One problem.

    Yields:
        The document; its target is the solution without the calculator's marks.
    """
    solution, mark, number = row.text("answer").rpartition("####")
    gold = number.strip().replace(",", "")
    if not mark or not _NUMBER.fullmatch(gold):
        raise row.wrong("column 'answer' must end in '#### ' and a number")
    steps = _CALCULATION.sub("", solution).strip()
    yield {
        "question": row.text("question").strip(),
        "gold": gold,
        "target": f"{steps}\nThe answer is {gold}.",
    }


def math(row: Row) -> Iterator[dict[str, Any]]:
    r"""Read MATH; the gold answer is the last \boxed{...} of the solution.

    Args:
        row: One problem, with the authors' column names or renamed ones.

    Yields:
        The document.
    """
    if "problem" in row.values:
        problem, solution = row.text("problem"), row.text("solution")
    else:
        problem, solution = row.text("question"), row.text("answer", "solution")
    gold = last_boxed(solution)
    if gold is None:
        raise row.wrong("its solution has no \\boxed{} answer")
    yield _problem(row, problem, solution, gold)


def math500(row: Row) -> Iterator[dict[str, Any]]:
    """Read MATH-500, which states the answer beside the solution.

    Args:
        row: One problem.

    Yields:
        The document.
    """
    yield _problem(row, row.text("problem"), row.text("solution"), row.text("answer"))


def _problem(row: Row, problem: str, solution: str, gold: str) -> dict[str, Any]:
    return {
        "question": problem.strip(),
        "gold": gold,
        "target": solution.strip(),
        "subject": row.text("subject", "type"),
        "level": int(re.sub(r"\D", "", row.text("level")) or 0),
    }


def last_boxed(solution: str) -> str | None:
    r"""Find the content of the last \boxed{...}, braces balanced, or of `\boxed x`.

    Args:
        solution: A worked solution.

    Returns:
        The answer, or None if nothing is boxed.
    """
    start = max(solution.rfind("\\boxed"), solution.rfind("\\fbox"))
    if start < 0:
        return None
    rest = solution[start:].removeprefix("\\boxed").removeprefix("\\fbox").lstrip()
    if not rest.startswith("{"):
        bare = re.match(r"[^\s$.,;]+", rest)
        return bare.group() if bare else None
    depth = 0
    for i, character in enumerate(rest):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return rest[1:i].strip()
    return None
