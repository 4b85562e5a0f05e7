"""The official files: that each puzzle has one right option, and each answer is right by itself."""

import ast
import os
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.readers import READERS, SourceRow, read_questions, read_rows
from ptr_eval.scoring import score_maths_batch

PTR_DATA = os.environ.get("PTR_DATA")
pytestmark = pytest.mark.skipif(PTR_DATA is None, reason="PTR_DATA is not set")

MATHS = [
    ("contest", "aime24/test.jsonl", 30),
    ("contest", "aime25/test.jsonl", 30),
    ("contest", "amc22_23/amc.jsonl", 83),
    ("math500", "math500/test.jsonl", 500),
    ("olympiadbench", "olympiadbench/test.jsonl", 675),
]
PUZZLES = "knights_and_knaves/*/people{}_num100.jsonl"


def found(pattern: str) -> list[SourceRow]:
    paths = sorted(Path(str(PTR_DATA)).glob(pattern))
    if not paths:
        pytest.skip(f"PTR_DATA holds no {pattern}")
    return list(read_rows(paths[0]))


def documents(reader: str, rows: list[SourceRow]) -> list[dict[str, Any]]:
    return [document for row in rows for document in read_questions(READERS[reader], row)]


# Mathematics


@pytest.mark.parametrize(("reader", "file", "count"), MATHS, ids=[file for _, file, _ in MATHS])
def test_official_answers_are_right_by_their_own_standard(
    reader: str, file: str, count: int
) -> None:
    read = documents(reader, found(file))
    assert len({document["question"] for document in read}) >= count - 2
    assert len(read) == count
    golds = [document["gold"] for document in read]
    for responses in (
        [f"So the answer is $\\boxed{{{gold}}}$." for gold in golds],
        [f"The answer is ${gold}$." for gold in golds],
        [document["target"] for document in read] if reader != "math500" else [],
    ):
        scores = score_maths_batch(responses, golds[: len(responses)])
        assert [s for s in scores if s.verdict != "correct"] == []


def test_problems_of_aime_and_amc_are_asked_bare() -> None:
    for reader, file, _ in MATHS[:3]:
        read = documents(reader, found(file))
        assert not [d for d in read if "boxed" in d["question"] or not d["question"]]
        assert all(str(int(document["gold"])) == document["gold"] for document in read)


def test_several_answers_of_olympiadbench_may_come_in_any_order() -> None:
    rows = [row for row in found("olympiadbench/test.jsonl") if row.get("is_multiple_answer")]
    golds = [document["gold"] for document in documents("olympiadbench", rows)]
    golds = [gold for gold in golds if "where" not in gold]  # one answer with its conditions
    parts = [apart(gold) for gold in golds]
    responses = [f"So \\boxed{{{', '.join(reversed(part))}}}." for part in parts]
    scores = score_maths_batch(responses, golds)
    assert [s for s in scores if s.verdict != "correct"] == []
    fewer = [f"So \\boxed{{{', '.join(part[1:])}}}." for part in parts if len(set(part)) > 1]
    several = [g for g, part in zip(golds, parts, strict=True) if len(set(part)) > 1]
    assert len(several) > 80
    scores = score_maths_batch(fewer, several)
    assert [s for s in scores if s.verdict == "correct"] == []


def apart(answers: str) -> list[str]:
    """Take a list apart at the commas outside brackets."""
    parts, depth = [""], 0
    for character in answers:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


# Knights and knaves


def is_true(statement: Any, knights: tuple[bool, ...]) -> bool:
    """Evaluate a statement of the benchmark's `statements` column."""
    kind, rest = statement[0], list(statement[1:])
    if kind in ("telling-truth", "lying"):
        return knights[rest[0]] is bool(kind == "telling-truth")
    values = [is_true(each, knights) for each in rest]
    if kind == "not":
        return not values[0]
    if kind == "->":
        return not values[0] or values[1]
    if kind == "<=>":
        return values[0] is values[1]
    return {"and": all, "or": any}[kind](values)


def is_solution(statements: Any, knights: tuple[bool, ...]) -> bool:
    """Whether all knights say the truth, and all knaves something false."""
    return all(
        is_true(said, knights) == knight for said, knight in zip(statements, knights, strict=True)
    )


def assigned(choice: str) -> tuple[bool, ...]:
    return tuple("knight" in part for part in choice.split(","))


@pytest.mark.parametrize("people", range(2, 9))
def test_exactly_one_option_agrees_with_what_the_people_say(people: int) -> None:
    rows = found(PUZZLES.format(people))
    read = documents("knights_and_knaves", rows)
    assert len(read) == 100
    for row, document in zip(rows, read, strict=True):
        statements = ast.literal_eval(row.text("statements"))
        solutions = [k for k in product((True, False), repeat=people) if is_solution(statements, k)]
        assert solutions == [tuple(row.get("solution"))]
        choices = dict(zip(document["labels"], document["choices"], strict=True))
        right = [
            label for label, choice in choices.items() if is_solution(statements, assigned(choice))
        ]
        assert right == [document["gold"]]
        assert choices[document["gold"]] == row.text("solution_text")


def test_the_right_letter_and_the_wrong_options_are_spread() -> None:
    read = documents("knights_and_knaves", found(PUZZLES.format(4)))
    letters = [document["gold"] for document in read]
    assert all(10 <= letters.count(letter) <= 40 for letter in "ABCD")
    # Were wrong options like the right one, the most frequent role of each person would tell it.
    told = 0
    for document in read:
        roles = [assigned(choice) for choice in document["choices"]]
        common = [2 * sum(person) >= len(person) for person in zip(*roles, strict=True)]
        nearest = max(
            range(4), key=lambda i: sum(a == b for a, b in zip(roles[i], common, strict=True))
        )
        told += document["labels"][nearest] == document["gold"]
    assert told <= 45
