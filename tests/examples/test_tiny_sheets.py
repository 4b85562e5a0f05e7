"""The tiny problem: what is asked, what is right, and what may be trained on."""

import json
import random
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sheets: Any = import_module("sheets")
PROBLEMS = sheets.PROBLEMS
SHEETS = PROBLEMS["sheets"]
SEEDS = st.integers(0, 10**9)
EITHER = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
RESULTS: dict[str, Callable[[int, int], int]] = {
    "add": lambda value, operand: (value + operand) % 10,
    "mirror": lambda value, operand: (operand - value) % 10,
    "sub": lambda value, operand: (value - operand) % 10,
    "near": lambda left, right: 1 + min(left, right),
    "far": lambda left, right: 1 + max(left, right),
    "low": min,
}


def evaluate(question: str) -> str:
    """Answer a question by recursion over its text, knowing nothing of the generator."""
    family, rest = question.split(" ", 1)
    cells = [cell.split() for cell in rest.split(" , ")]
    formulas = {name: (one, other) for name, one, other in cells}

    def value(name: str) -> int:
        if name.isdigit():
            return int(name)
        return RESULTS[family](*map(value, formulas[name]))

    if family in SHEETS.families:
        return " ".join(f"{n} {s} {value(s)} {o} {value(n)}" for n, s, o in cells)
    return " ".join(f"{n} {a} {value(a)} {b} {value(b)} {value(n)}" for n, a, b in cells)


def passes(question: str) -> int:
    """Calculate from left to right, starting with nothing known, until nothing changes."""
    cells = [cell.split() for cell in question.split(" ", 1)[1].split(" , ")]
    depth: dict[str, int] = {}
    for count in range(1, 10):
        for name, *sources in cells:
            known = (source.isdigit() or source in depth for source in sources)
            if name not in depth and all(known):
                depth[name] = count
        if len(depth) == len(cells):
            return count
    raise AssertionError(question)


@EITHER
@given(seed=SEEDS)
def test_gold_and_need_agree_with_independent_evaluation(problem: Any, seed: int) -> None:
    sheet = sheets.draw(random.Random(seed), problem.families)
    assert sheet.answer == evaluate(sheet.question)
    assert sheet.need == passes(sheet.question)
    width = len(sheet.answer.split()) // sheets.CELLS
    working, answer = (
        {tuple(words[i : i + width]) for i in range(0, len(words), width)}
        for words in (sheet.working.split(), sheet.answer.split())
    )
    assert working == answer


@EITHER
@given(seed=SEEDS)
def test_one_pass_knows_what_stands_before(problem: Any, seed: int) -> None:
    sheet = sheets.draw(random.Random(seed), problem.families)
    words = sheet.one_pass(random.Random(seed)).split()
    width = len(words) // sheets.CELLS
    results: dict[str, str] = {}
    for i in range(0, len(words), width):
        name, *sources, result = words[i : i + width]
        looked_up = list(zip(sources[::2], sources[1::2], strict=False))
        for source, value in looked_up:
            assert value == (source if source.isdigit() else results.get(source, value))
        values = [int(value) for _, value in looked_up]
        if len(sources) % 2:  # An operand stands at the end, without a value beside it.
            values.append(int(sources[-1]))
        assert int(result) == RESULTS[sheet.family](*values) % 10
        results[name] = result
    if sheet.need == 1:
        assert " ".join(words) == sheet.answer


def test_a_known_sheet() -> None:
    cells = (
        sheets.Cell("a", ("g",), (1,)),
        sheets.Cell("g", ("c",), (3,)),
        sheets.Cell("c", ("4",), (2,)),
    )
    sheet = sheets.Sheet("sub", cells)
    assert sheet.question == "sub a g 1 , g c 3 , c 4 2"
    assert sheet.answer == "a g 9 1 8 g c 2 3 9 c 4 4 2 2"
    assert sheet.working == "c 4 4 2 2 g c 2 3 9 a g 9 1 8"
    assert sheet.need == 3


@pytest.mark.parametrize(
    ("family", "results"), [("near", (3, 4, 2)), ("far", (6, 5, 4)), ("low", (1, 3, 1))]
)
def test_a_known_graph(family: str, results: tuple[int, int, int]) -> None:
    cells = (
        sheets.Cell("a", ("g", "c")),
        sheets.Cell("g", ("4", "3")),
        sheets.Cell("c", ("1", "3")),
    )
    sheet = sheets.Sheet(family, cells)
    a, g, c = results
    assert sheet.question == f"{family} a g c , g 4 3 , c 1 3"
    assert sheet.answer == f"a g {g} c {c} {a} g 4 4 3 3 {g} c 1 1 3 3 {c}"
    assert sheet.need == 2


def test_a_sheet_that_refers_to_itself_is_refused() -> None:
    cells = (sheets.Cell("a", ("b",), (1,)), sheets.Cell("b", ("a",), (1,)))
    sheet = sheets.Sheet("add", cells)
    with pytest.raises(ValueError, match="a cell depends on itself"):
        _ = sheet.need


@EITHER
def test_splits_have_no_question_in_common(problem: Any) -> None:
    drawn = {
        split: {
            sheet.question
            for sheet in islice(sheets.draw_from(split, random.Random(1), problem.families), 3000)
        }
        for split in ("train", "dev", "test")
    }
    assert not drawn["train"] & drawn["dev"]
    assert not drawn["train"] & drawn["test"]
    assert not drawn["dev"] & drawn["test"]
    shares = Counter(
        sheets.split_of(sheets.draw(random.Random(i), problem.families).question)
        for i in range(3000)
    )
    assert 0.06 < shares["dev"] / 3000 < 0.15
    assert 0.06 < shares["test"] / 3000 < 0.15


@EITHER
def test_drawing_is_deterministic_and_varied(problem: Any) -> None:
    first, again, other = (
        sheets.distinct("train", random.Random(seed), problem.families, 500) for seed in (3, 3, 4)
    )
    assert first == again
    assert len({sheet.question for sheet in first}) == 500
    assert not {sheet.question for sheet in first} & {sheet.question for sheet in other}
    assert {sheet.need for sheet in first} >= {2, 3, 4, 5}
    assert {sheet.family for sheet in first} == set(problem.families)


def test_the_space_is_counted_by_need() -> None:
    space = sheets.space()
    # One shape alone needs five passes: each cell refers to the next, the last to a digit.
    assert space[5] == 10 * 3**5 * 5**5
    assert list(space) == [1, 2, 3, 4, 5]
    assert min(space.values()) > 1_000_000
    # All ways of referring: forests of five labelled cells, whose roots hold one of ten digits.
    assert sum(space.values()) == 10 * 15**4 * 3**5 * 5**5


@EITHER
def test_files(problem: Any, tmp_path: Path) -> None:
    sheets.write_documents(tmp_path, 20, problem)
    sheets.write_queries(tmp_path, 0, 30, 40, problem)
    rows = {
        path.relative_to(tmp_path).as_posix(): [
            json.loads(line) for line in path.read_text().splitlines()
        ]
        for path in tmp_path.rglob("*.jsonl")
    }
    assert {name: len(found) for name, found in rows.items()} == {
        "dev/in_family.jsonl": 20,
        "dev/held_out.jsonl": 20,
        "test/in_family.jsonl": 20,
        "test/held_out.jsonl": 20,
        "queries.jsonl": 30,
        "replay.jsonl": 40,
    }
    for name, found in rows.items():
        expected = name.split("/")[0] if "/" in name else "train"
        assert {sheets.split_of(row["question"]) for row in found} == {expected}
    for row in rows["test/held_out.jsonl"]:
        assert row["question"].split()[0] == problem.held_out
        assert row["gold"] == evaluate(row["question"])
        assert row["subject"] == f"need {passes(row['question'])}"
    families = {
        name: {row["question"].split()[0] for row in rows[name]}
        for name in ("queries.jsonl", "replay.jsonl")
    }
    assert families["queries.jsonl"] == set(problem.families) - {problem.held_out}
    assert families["replay.jsonl"] == set(problem.families)
