"""The tiny problem: what is asked, what is right, and what may be trained on."""

import json
import random
from collections import Counter
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sheets: Any = import_module("sheets")
FAMILIES = tuple(sheets.OPERATIONS)
SEEDS = st.integers(0, 10**9)


def evaluate(question: str) -> str:
    """Answer a question by recursion over its text, knowing nothing of the generator."""
    family, rest = question.split(" ", 1)
    cells = [cell.split() for cell in rest.split(" , ")]
    formulas = {name: (source, int(operand)) for name, source, operand in cells}

    def value(name: str) -> int:
        if name.isdigit():
            return int(name)
        source, operand = formulas[name]
        looked_up = value(source)
        results = {
            "add": looked_up + operand,
            "mirror": operand - looked_up,
            "sub": looked_up - operand,
        }
        return results[family] % 10

    return " ".join(f"{n} {s} {value(s)} {o} {value(n)}" for n, s, o in cells)


def passes(question: str) -> int:
    """Recalculate from left to right, starting with nothing known, until nothing changes."""
    cells = [cell.split()[:2] for cell in question.split(" ", 1)[1].split(" , ")]
    depth: dict[str, int] = {}
    for count in range(1, 10):
        for name, source in cells:
            if name not in depth and (source.isdigit() or source in depth):
                depth[name] = count
        if len(depth) == len(cells):
            return count
    raise AssertionError(question)


@given(SEEDS)
def test_gold_and_need_agree_with_independent_evaluation(seed: int) -> None:
    sheet = sheets.draw(random.Random(seed), FAMILIES)
    assert sheet.answer == evaluate(sheet.question)
    assert sheet.need == passes(sheet.question)
    working = sheet.working.split()
    cells = {tuple(working[i : i + 5]) for i in range(0, len(working), 5)}
    answer = sheet.answer.split()
    assert cells == {tuple(answer[i : i + 5]) for i in range(0, len(answer), 5)}


@given(SEEDS)
def test_one_pass_knows_what_stands_before(seed: int) -> None:
    sheet = sheets.draw(random.Random(seed), FAMILIES)
    written = sheet.one_pass(random.Random(seed)).split()
    results: dict[str, str] = {}
    for i in range(0, len(written), 5):
        name, source, value, operand, result = written[i : i + 5]
        known = source if source.isdigit() else results.get(source, value)
        assert value == known
        operation = sheets.OPERATIONS[sheet.family]
        assert result == str(operation(int(value), int(operand)))
        results[name] = result
    if sheet.need == 1:
        assert " ".join(written) == sheet.answer


def test_a_known_sheet() -> None:
    cells = (sheets.Cell("a", "g", 1), sheets.Cell("g", "c", 3), sheets.Cell("c", "4", 2))
    sheet = sheets.Sheet("sub", cells)
    assert sheet.question == "sub a g 1 , g c 3 , c 4 2"
    assert sheet.answer == "a g 9 1 8 g c 2 3 9 c 4 4 2 2"
    assert sheet.working == "c 4 4 2 2 g c 2 3 9 a g 9 1 8"
    assert sheet.need == 3


def test_a_sheet_that_refers_to_itself_is_refused() -> None:
    sheet = sheets.Sheet("add", (sheets.Cell("a", "b", 1), sheets.Cell("b", "a", 1)))
    with pytest.raises(ValueError, match="a cell depends on itself"):
        _ = sheet.need


def test_splits_have_no_question_in_common() -> None:
    drawn = {
        split: {
            sheet.question
            for sheet in islice(sheets.draw_from(split, random.Random(1), FAMILIES), 3000)
        }
        for split in ("train", "dev", "test")
    }
    assert not drawn["train"] & drawn["dev"]
    assert not drawn["train"] & drawn["test"]
    assert not drawn["dev"] & drawn["test"]
    shares = Counter(
        sheets.split_of(sheets.draw(random.Random(i), FAMILIES).question) for i in range(3000)
    )
    assert 0.06 < shares["dev"] / 3000 < 0.15
    assert 0.06 < shares["test"] / 3000 < 0.15


def test_drawing_is_deterministic_and_varied() -> None:
    first, again, other = (
        sheets.distinct("train", random.Random(seed), FAMILIES, 500) for seed in (3, 3, 4)
    )
    assert first == again
    assert len({sheet.question for sheet in first}) == 500
    assert not {sheet.question for sheet in first} & {sheet.question for sheet in other}
    assert {sheet.need for sheet in first} >= {2, 3, 4, 5}
    assert {sheet.family for sheet in first} == set(FAMILIES)


def test_the_space_is_counted_by_need() -> None:
    space = sheets.space()
    # One shape alone needs five passes: each cell refers to the next, the last to a digit.
    assert space[5] == 10 * 3**5 * 5**5
    assert list(space) == [1, 2, 3, 4, 5]
    assert min(space.values()) > 1_000_000
    # All ways of referring: forests of five labelled cells, whose roots hold one of ten digits.
    assert sum(space.values()) == 10 * 15**4 * 3**5 * 5**5


def test_files(tmp_path: Path) -> None:
    sheets.write_documents(tmp_path, 20)
    sheets.write_queries(tmp_path, 0, 30, 40)
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
        assert row["question"].split()[0] in sheets.HELD_OUT
        assert row["gold"] == evaluate(row["question"])
        assert row["subject"] == f"need {passes(row['question'])}"
    assert not {row["question"].split()[0] for row in rows["queries.jsonl"]} & set(sheets.HELD_OUT)
    assert {row["question"].split()[0] for row in rows["replay.jsonl"]} == set(FAMILIES)
