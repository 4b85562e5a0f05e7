"""Spreadsheet recalculation: a made-up problem on which a second look pays.

A sheet has five cells. Each is a digit, or the name of another cell, combined with a small
number by the sheet's operation, modulo ten:

    question    add f b 1 , b h 3 , h 4 3 , i f 1 , e i 2
    answer      f b 0 1 1 b h 7 3 0 h 4 4 3 7 i f 1 1 2 e i 2 2 4

In the answer every cell gives its name, what it refers to, that cell's value, the number, and
the result. Answers come in the order of the sheet, so a cell that refers to one further down
cannot be worked out step by step: its value is not there yet. In a second pass the first pass's
results can be looked up. The `need` of a sheet is the number of passes that a recalculation from
left to right takes.

Which questions may be trained on is decided by a hash of their text, see `split_of`.
"""

import argparse
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

Split = Literal["train", "dev", "test"]

CELLS = 5
NAMES = "abcdefghijklmnopqrstuvwxy"
"""All names; a cell in row i has one of `NAMES[i::CELLS]`."""
DIGITS = "0123456789"
OPERANDS = (1, 2, 3)
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "add": lambda value, operand: (value + operand) % 10,
    "mirror": lambda value, operand: (operand - value) % 10,
    "sub": lambda value, operand: (value - operand) % 10,
}
REFINED = ("add", "mirror")
"""The families that refinement is trained on; the others are held out of it."""
HELD_OUT = tuple(family for family in OPERATIONS if family not in REFINED)

LITERALS = 0.1
CHAIN = 0.9
DISORDER = 1.0

# Questions set apart, of every ten.
_SPLITS: dict[int, Split] = {0: "dev", 1: "test"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        name: Its name.
        source: What it refers to: a digit, or another cell's name.
        operand: The number that this is combined with.
    """

    name: str
    source: str
    operand: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: one question.

    Attributes:
        family: The name of its operation.
        cells: Its cells, in their order.
    """

    family: str
    cells: tuple[Cell, ...]

    @property
    def question(self) -> str:
        """The question's text."""
        return f"{self.family} " + " , ".join(
            f"{c.name} {c.source} {c.operand}" for c in self.cells
        )

    @property
    def answer(self) -> str:
        """The right answer."""
        return self.written(self.values(), self.cells)

    @property
    def working(self) -> str:
        """The right answer's cells in an order in which each can be worked out."""
        return self.written(self.values(), self.by_dependency())

    @property
    def need(self) -> int:
        """How many passes from left to right it takes until every cell is known."""
        known: set[str] = set(DIGITS)
        for passed in range(CELLS + 1):
            if all(cell.name in known for cell in self.cells):
                return passed
            for cell in self.cells:
                if cell.source in known:
                    known.add(cell.name)
        raise ValueError(f"{self.question}: a cell depends on itself")

    def by_dependency(self) -> list[Cell]:
        """Put every cell after the one it refers to.

        Returns:
            The cells.
        """
        left, known, ordered = list(self.cells), set(DIGITS), list[Cell]()
        while left:
            cell = next(cell for cell in left if cell.source in known)
            known.add(cell.name)
            left.remove(cell)
            ordered.append(cell)
        return ordered

    def values(self) -> dict[str, int]:
        """Work the sheet out.

        Returns:
            The value of every digit and every cell, by name.
        """
        values = {digit: int(digit) for digit in DIGITS}
        for cell in self.by_dependency():
            values[cell.name] = OPERATIONS[self.family](values[cell.source], cell.operand)
        return values

    def one_pass(self, rng: random.Random) -> str:
        """Recalculate once from left to right, guessing the cells that are not known yet.

        Args:
            rng: The source of guesses.

        Returns:
            An answer, wrong where a guess was.
        """
        values = {digit: int(digit) for digit in DIGITS}
        parts = []
        for cell in self.cells:
            value = values.get(cell.source, rng.randrange(10))
            result = OPERATIONS[self.family](value, cell.operand)
            values[cell.name] = result
            parts.append(f"{cell.name} {cell.source} {value} {cell.operand} {result}")
        return " ".join(parts)

    def written(self, values: dict[str, int], cells: Sequence[Cell]) -> str:
        """Write cells out.

        Args:
            values: The values of digits and cells, by name.
            cells: The cells.

        Returns:
            The text.
        """
        return " ".join(
            f"{c.name} {c.source} {values[c.source]} {c.operand} {values[c.name]}" for c in cells
        )


def draw(rng: random.Random, families: Sequence[str]) -> Sheet:
    """Draw a sheet, of whichever split.

    Cells are filled in an order that mostly runs backwards, and refer to cells filled before
    them, mostly to the last one: so most references point forwards, and many form a chain.

    Args:
        rng: The source of randomness.
        families: The families to draw from.

    Returns:
        The sheet.
    """
    names = [rng.choice(NAMES[row::CELLS]) for row in range(CELLS)]
    filled: list[str] = []
    cells: dict[str, Cell] = {}
    for place in sorted(range(CELLS), key=lambda i: -i / CELLS + rng.uniform(0, DISORDER)):
        if not filled or rng.random() < LITERALS:
            source = rng.choice(DIGITS)
        else:
            source = filled[-1] if rng.random() < CHAIN else rng.choice(filled)
        cells[names[place]] = Cell(names[place], source, rng.choice(OPERANDS))
        filled.append(names[place])
    return Sheet(rng.choice(list(families)), tuple(cells[name] for name in names))


def split_of(question: str) -> Split:
    """Tell which split a question belongs to, by its text alone.

    Args:
        question: The question.

    Returns:
        The split.
    """
    return _SPLITS.get(hashlib.sha256(question.encode()).digest()[0] % 10, "train")


def draw_from(split: Split, rng: random.Random, families: Sequence[str]) -> Iterator[Sheet]:
    """Draw sheets of one split, without end.

    Args:
        split: The split.
        rng: The source of randomness.
        families: The families to draw from.

    Yields:
        The sheets.
    """
    while True:
        sheet = draw(rng, families)
        if split_of(sheet.question) == split:
            yield sheet


def distinct(split: Split, rng: random.Random, families: Sequence[str], count: int) -> list[Sheet]:
    """Draw different sheets of one split.

    Args:
        split: The split.
        rng: The source of randomness.
        families: The families to draw from.
        count: How many.

    Returns:
        The sheets.
    """
    drawn: dict[str, Sheet] = {}
    for sheet in draw_from(split, rng, families):
        drawn.setdefault(sheet.question, sheet)
        if len(drawn) == count:
            break
    return list(drawn.values())


def space() -> dict[int, int]:
    """Count the questions of one family by their need.

    Returns:
        The number of questions by need.
    """
    counted: Counter[int] = Counter()
    names = NAMES[:CELLS]
    for sources in product(f"0{names}", repeat=CELLS):
        cells = (Cell(name, source, 1) for name, source in zip(names, sources, strict=True))
        sheet = Sheet("add", tuple(cells))
        try:
            need = sheet.need
        except ValueError:
            continue
        counted[need] += 10 ** sources.count("0")
    each = (len(NAMES) // CELLS * len(OPERANDS)) ** CELLS
    return {need: each * count for need, count in sorted(counted.items())}


def write_rows(path: Path, rows: Iterator[dict[str, str]]) -> None:
    """Write JSON Lines.

    Args:
        path: The file.
        rows: The rows.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_documents(folder: Path, count: int) -> None:
    """Write what is evaluated: the same for every seed of training.

    Args:
        folder: Where to; files are in `dev` and `test` below it.
        count: How many questions a file has.
    """
    splits: tuple[Split, ...] = ("dev", "test")
    for split in splits:
        for name, families in (("in_family", REFINED), ("held_out", HELD_OUT)):
            sheets = distinct(split, random.Random(f"{split} {name}"), families, count)
            rows = (
                {"question": s.question, "gold": s.answer, "subject": f"need {s.need}"}
                for s in sheets
            )
            write_rows(folder / split / f"{name}.jsonl", rows)


def write_queries(folder: Path, seed: int, queries: int, replayed: int) -> None:
    """Write what refinement data are made of: queries of some families, answers of all.

    Args:
        folder: Where to.
        seed: The seed of the drawing.
        queries: How many queries for refinement.
        replayed: How many plain questions with answers, against forgetting.
    """
    wanted = {
        "queries": (REFINED, queries),
        "replay": (tuple(OPERATIONS), replayed),
    }
    for name, (families, count) in wanted.items():
        sheets = distinct("train", random.Random(f"{name} {seed}"), families, count)
        rows = ({"question": sheet.question, "answer": sheet.answer} for sheet in sheets)
        write_rows(folder / f"{name}.jsonl", rows)


def main() -> None:
    """Write the files of one seed, and say how large the space is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write")
    parser.add_argument("--seed", type=int, default=0, help="of the queries to train on")
    parser.add_argument("--queries", type=int, default=2000, help="for refinement")
    parser.add_argument("--replay", type=int, default=2000, help="plain questions with answers")
    parser.add_argument("--documents", type=int, default=500, help="questions of an evaluation")
    given = parser.parse_args()
    write_documents(given.folder, given.documents)
    write_queries(given.folder, given.seed, given.queries, given.replay)
    for need, count in space().items():
        print(f"need {need}: {count:,} questions a family")


if __name__ == "__main__":
    main()
