"""Mathematics benchmarks: GSM8K, MATH, MATH-500, AIME, AMC, OlympiadBench."""

import re
from collections.abc import Iterator
from typing import Any

from ptr_eval.readers.row import SourceRow

_CALCULATION = re.compile(r"<<[^<>]*>>")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
# As published: 23 is "023" in one AIME file, 142 is 142.0 in AMC, and an angle may have its sign.
_WHOLE = re.compile(r"(-?\d+)(?:\.0+)?(?:\^\{?\\circ\}?)?")
_REQUEST = r"Please reason step by step, and put your final answer within \boxed{}."


def gsm8k(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read GSM8K; the right number follows the mark ####."""
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


def math(row: SourceRow) -> Iterator[dict[str, Any]]:
    r"""Read MATH; the right answer is the last \boxed{...} of the solution."""
    if "problem" in row.values:
        problem, solution = row.text("problem"), row.text("solution")
    else:
        problem, solution = row.text("question"), row.text("answer", "solution")
    gold = last_boxed(solution)
    if gold is None:
        raise row.wrong("its solution has no \\boxed{} answer")
    yield _question(row, problem, solution, gold)


def math500(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read MATH-500, which has a column for the answer."""
    yield _question(row, row.text("problem"), row.text("solution"), row.text("answer"))


def _question(row: SourceRow, problem: str, solution: str, gold: str) -> dict[str, Any]:
    return {
        "question": problem.strip(),
        "gold": gold,
        "target": solution.strip(),
        "subject": row.text("subject", "type"),
        "level": int(re.sub(r"\D", "", row.text("level")) or 0),
    }


def contest(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read AIME and AMC, whose answers are whole numbers.

    Some published files end every problem with a request to box the answer, which is removed.
    """
    answer = row.text("answer", "Answer").strip()
    found = _WHOLE.fullmatch(answer)
    if found is None:
        raise row.wrong(f"column 'answer' must be a whole number, not {answer!r}")
    problem = row.text("problem", "Problem", "question").strip().removesuffix(_REQUEST)
    given = [name for name in ("solution", "Solution") if row.values.get(name)]
    gold = str(int(found[1]))
    yield {
        "question": problem.strip(),
        "gold": gold,
        "target": _with_boxed_answer(row.text(*given) if given else "", gold),
    }


def olympiadbench(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read OlympiadBench: open-ended problems in text, with one or several answers.

    Its tolerances are not used: the only problem in English mathematics that has one asks for
    an answer with one decimal place. Units are kept; the scorer ignores them.
    """
    answers, solutions = row.get("final_answer"), row.get("solution")
    for name, texts in (("final_answer", answers), ("solution", solutions)):
        if not (isinstance(texts, list) and texts and all(isinstance(t, str) for t in texts)):
            raise row.wrong(f"column {name!r} must be a list of texts")
    gold = ", ".join(answer.replace("$", "").strip(" .\n") for answer in answers)
    if not gold:
        raise row.wrong("column 'final_answer' is blank")
    context = row.text("context") if row.values.get("context") else ""
    yield {
        "question": f"{context}\n\n{row.text('question')}".strip(),
        "gold": gold,
        "target": _with_boxed_answer(solutions[0], gold),
        "subject": row.text("subfield"),
    }


def _with_boxed_answer(solution: str, gold: str) -> str:
    return f"{solution.strip()}\n\nThe final answer is $\\boxed{{{gold}}}$.".lstrip()


def last_boxed(solution: str) -> str | None:
    r"""Find the content of the last \boxed{...} with balanced braces, or of `\boxed x`."""
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
