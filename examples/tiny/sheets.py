"""Two made-up problems on which a second look pays: spreadsheets, and graphs.

A sheet has five cells. Each is a digit, or the name of another cell, combined with a small
number by the sheet's operation, modulo ten:

    question    add f b 1 , b h 3 , h 4 3 , i f 1 , e i 2
    answer      f b 0 1 1 b h 7 3 0 h 4 4 3 7 i f 1 1 2 e i 2 2 4

In the answer every cell gives its name, what it refers to, that cell's value, the number, and
the result. A graph is written in the same way; its cells are nodes, each with ways to two others
or to an end, a digit that says how far it is from there. `near` asks for the shortest way out
of every node, `far` for the longest, `low` for the lowest end within reach:

    question    near p c 1 , q 4 p , c n n , n y y , y 4 1
    answer      p c 4 1 1 2 q 4 4 p 2 3 c n 3 n 3 4 n y 2 y 2 3 y 4 4 1 1 2

Answers come in the order of the question, so a cell that refers to one further down cannot be
worked out step by step: its value is not there yet. In a second pass the first pass's results
can be looked up. The `need` of a question is the number of passes that a calculation from left
to right takes.

Which questions may be trained on is decided by a hash of their text, see `split_of`.
"""

import argparse
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

Split = Literal["train", "dev", "test"]

CELLS = 5
NAMES = "abcdefghijklmnopqrstuvwxy"
"""All names; a cell in row i has one of `NAMES[i::CELLS]`."""
DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of question.

    Attributes:
        operations: By family, a cell's result out of the values it refers to and its operand.
        held_out: The family that refinement is not trained on.
        references: How many values a cell refers to, 1 or 2.
        digits: What may stand in place of another cell's name.
        operands: The numbers that a value is combined with; empty for none.
    """

    operations: Mapping[str, Callable[[int, int], int]]
    held_out: str
    references: int
    digits: str = DIGITS
    operands: tuple[int, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """All families."""
        return tuple(self.operations)

    @property
    def refined(self) -> tuple[str, ...]:
        """The families that refinement is trained on."""
        return tuple(family for family in self.operations if family != self.held_out)


PROBLEMS = {
    "sheets": Problem(
        {
            "add": lambda value, operand: (value + operand) % 10,
            "mirror": lambda value, operand: (operand - value) % 10,
            "sub": lambda value, operand: (value - operand) % 10,
        },
        held_out="sub",
        references=1,
        operands=(1, 2, 3),
    ),
    "graphs": Problem(
        {
            "near": lambda left, right: (min(left, right) + 1) % 10,
            "far": lambda left, right: (max(left, right) + 1) % 10,
            "low": lambda left, right: min(left, right),
        },
        held_out="low",
        references=2,
        digits="01234",  # With five nodes, no way is longer than 9.
    ),
}
_OF_FAMILY = {family: problem for problem in PROBLEMS.values() for family in problem.operations}

LITERALS = 0.1
CHAIN = 0.9
SECOND_LITERALS = 0.5
DISORDER = 1.0

# Questions set apart, of every ten.
_SPLITS: dict[int, Split] = {0: "dev", 1: "test"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        name: Its name.
        sources: What it refers to: digits, or other cells' names.
        operands: The number that this is combined with, if there is one.
    """

    name: str
    sources: tuple[str, ...]
    operands: tuple[int, ...] = ()

    def asked(self) -> str:
        """Write the cell as a question has it."""
        return " ".join([self.name, *self.sources, *map(str, self.operands)])

    def answered(self, values: Sequence[int], result: int) -> str:
        """Write the cell as an answer has it, with the values of its sources."""
        looked_up = [f"{s} {v}" for s, v in zip(self.sources, values, strict=True)]
        return " ".join([self.name, *looked_up, *map(str, self.operands), str(result)])


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
        return f"{self.family} " + " , ".join(cell.asked() for cell in self.cells)

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
                if known.issuperset(cell.sources):
                    known.add(cell.name)
        raise ValueError(f"{self.question}: a cell depends on itself")

    def by_dependency(self) -> list[Cell]:
        """Put every cell after the one it refers to.

        Returns:
            The cells.
        """
        left, known, ordered = list(self.cells), set(DIGITS), list[Cell]()
        while left:
            cell = next(cell for cell in left if known.issuperset(cell.sources))
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
            values[cell.name] = self.result(cell, [values[source] for source in cell.sources])
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
            found = [values.get(source, rng.randrange(10)) for source in cell.sources]
            values[cell.name] = self.result(cell, found)
            parts.append(cell.answered(found, values[cell.name]))
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
            c.answered([values[source] for source in c.sources], values[c.name]) for c in cells
        )

    def result(self, cell: Cell, values: Sequence[int]) -> int:
        """Work a cell out.

        Args:
            cell: The cell.
            values: The values of what it refers to.

        Returns:
            Its value.
        """
        return _OF_FAMILY[self.family].operations[self.family](*values, *cell.operands)


def draw(rng: random.Random, families: Sequence[str]) -> Sheet:
    """Draw a sheet, of whichever split.

    Cells are filled in an order that mostly runs backwards, and refer to cells filled before
    them, mostly to the last one: so most references point forwards, and many form a chain.

    Args:
        rng: The source of randomness.
        families: The families to draw from, all of one problem.

    Returns:
        The sheet.
    """
    problem = _OF_FAMILY[families[0]]
    names = [rng.choice(NAMES[row::CELLS]) for row in range(CELLS)]
    filled: list[str] = []
    cells: dict[str, Cell] = {}
    for place in sorted(range(CELLS), key=lambda i: -i / CELLS + rng.uniform(0, DISORDER)):
        sources = _sources(rng, problem, filled)
        operands = (rng.choice(problem.operands),) if problem.operands else ()
        cells[names[place]] = Cell(names[place], sources, operands)
        filled.append(names[place])
    return Sheet(rng.choice(list(families)), tuple(cells[name] for name in names))


def _sources(rng: random.Random, problem: Problem, filled: Sequence[str]) -> tuple[str, ...]:
    if not filled or rng.random() < LITERALS:
        sources = [rng.choice(problem.digits)]
    else:
        sources = [filled[-1] if rng.random() < CHAIN else rng.choice(filled)]
    if problem.references == 2:
        literal = not filled or rng.random() < SECOND_LITERALS
        sources.append(rng.choice(problem.digits if literal else filled))
        rng.shuffle(sources)
    return tuple(sources)


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
    """Count the questions of one family of spreadsheets by their need.

    Returns:
        The number of questions by need.
    """
    counted: Counter[int] = Counter()
    names, problem = NAMES[:CELLS], PROBLEMS["sheets"]
    for sources in product(f"0{names}", repeat=CELLS):
        cells = (Cell(name, (source,), (1,)) for name, source in zip(names, sources, strict=True))
        sheet = Sheet("add", tuple(cells))
        try:
            need = sheet.need
        except ValueError:
            continue
        counted[need] += len(problem.digits) ** sources.count("0")
    each = (len(NAMES) // CELLS * len(problem.operands)) ** CELLS
    return {need: each * count for need, count in sorted(counted.items())}


def write_rows(path: Path, rows: Iterator[dict[str, str]]) -> None:
    """Write JSON Lines.

    Args:
        path: The file.
        rows: The rows.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_documents(folder: Path, count: int, problem: Problem) -> None:
    """Write what is evaluated: the same for every seed of training.

    Args:
        folder: Where to; files are in `dev` and `test` below it.
        count: How many questions a file has.
        problem: The problem.
    """
    splits: tuple[Split, ...] = ("dev", "test")
    for split in splits:
        for name, families in (("in_family", problem.refined), ("held_out", (problem.held_out,))):
            sheets = distinct(split, random.Random(f"{split} {name}"), families, count)
            rows = (
                {"question": s.question, "gold": s.answer, "subject": f"need {s.need}"}
                for s in sheets
            )
            write_rows(folder / split / f"{name}.jsonl", rows)


def write_queries(folder: Path, seed: int, queries: int, replayed: int, problem: Problem) -> None:
    """Write what refinement data are made of: queries of some families, answers of all.

    Args:
        folder: Where to.
        seed: The seed of the drawing.
        queries: How many queries for refinement.
        replayed: How many plain questions with answers, against forgetting.
        problem: The problem.
    """
    wanted = {
        "queries": (problem.refined, queries),
        "replay": (problem.families, replayed),
    }
    for name, (families, count) in wanted.items():
        sheets = distinct("train", random.Random(f"{name} {seed}"), families, count)
        rows = ({"question": sheet.question, "answer": sheet.answer} for sheet in sheets)
        write_rows(folder / f"{name}.jsonl", rows)


def main() -> None:
    """Write the files of one seed, and say how large the space of spreadsheets is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write")
    parser.add_argument("--seed", type=int, default=0, help="of the queries to train on")
    parser.add_argument("--queries", type=int, default=2000, help="for refinement")
    parser.add_argument("--replay", type=int, default=2000, help="plain questions with answers")
    parser.add_argument("--documents", type=int, default=500, help="questions of an evaluation")
    parser.add_argument("--problem", choices=PROBLEMS, default="sheets")
    given = parser.parse_args()
    problem = PROBLEMS[given.problem]
    write_documents(given.folder, given.documents, problem)
    write_queries(given.folder, given.seed, given.queries, given.replay, problem)
    for need, count in space().items() if given.problem == "sheets" else ():
        print(f"need {need}: {count:,} questions a family")


if __name__ == "__main__":
    main()
