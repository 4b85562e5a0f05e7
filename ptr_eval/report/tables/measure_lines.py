"""Lines of tables that have a column a task: what was measured, by task."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.papers import gsr
from ptr_eval.report.tables.number_format import number
from ptr_eval.report.tables.table import Cell, TableRow

MISSING = Cell("–")

_ONE_ANSWER = ("maj@", "BoN@", "selfRef@", "Ref@")
"""How measures begin that are ways to one answer, unlike upper bounds and differences."""


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """A row before it is printed."""

    names: tuple[str, ...]
    """Its first cells."""
    measure: str
    """What was measured."""
    by_task: Mapping[str, Cell]
    """The cells that exist."""
    averages: tuple[Cell, ...] = ()
    """Its means over several tasks, one for each of the table's `Averages`."""
    published: bool = False
    """Whether it is copied from a paper."""

    @property
    def gap(self) -> bool:
        """Whether it is a difference."""
        return self.measure.startswith("RG@")

    def cells(self, tasks: Sequence[str]) -> list[Cell]:
        """List the cells of some tasks."""
        return [self.by_task.get(task, MISSING) for task in tasks]

    def averaged(self, averages: "Averages") -> "MeasureLine":
        """Add the means over tasks, each where all of its tasks have a number."""
        return replace(self, averages=tuple(map(self._mean, averages.values())))

    def _mean(self, tasks: Sequence[str]) -> Cell:
        cells = self.cells(tasks)
        values = [cell.value for cell in cells if cell.value is not None]
        if len(values) < len(tasks):
            return MISSING
        average = number(float(np.mean(values)), 1, signed=self.gap)
        return replace(average, ranked=all(cell.ranked for cell in cells))


Averages = Mapping[str, Sequence[str]]
"""By heading, the tasks that an average is over."""

PAPERS_AVERAGE = "average of the paper's five"


def averages_of(lines: Sequence[MeasureLine], tasks: Sequence[str]) -> Averages:
    """Choose the averages that can be compared: over the paper's tasks, and those all runs have."""
    of_run: dict[tuple[tuple[str, ...], bool], set[str]] = {}
    for line in lines:
        of_run.setdefault((line.names, line.published), set()).update(line.by_task)
    found: dict[str, Sequence[str]] = {}
    if any(have >= set(gsr.BENCHMARKS) for have in of_run.values()):
        found[PAPERS_AVERAGE] = list(gsr.BENCHMARKS)
    if common := [task for task in tasks if all(task in have for have in of_run.values())]:
        found[f"average of the tasks that all rows have ({len(common)})"] = common
    return found


def own_lines(
    measured: Sequence[GroupMeasures],
    names: Callable[[GroupMeasures], tuple[str, ...]],
    measures: Callable[[GroupMeasures], Iterator[tuple[str, Cell]]],
) -> Iterator[MeasureLine]:
    """Collect the tasks of each run into its lines, in the order in which measures first occur."""
    for _, of_run in groupby(measured, key=lambda one: one.panel.label.run):
        several = list(of_run)
        by_measure: dict[str, dict[str, Cell]] = {}
        for one in several:
            for measure, cell in measures(one):
                ranked = cell.ranked and not one.panel.no_claim
                by_measure.setdefault(measure, {})[one.panel.task] = replace(cell, ranked=ranked)
        for measure, cells in by_measure.items():
            yield MeasureLine(names(several[0]), measure, cells)


def published_line(row: gsr.PublishedMeasure, names: tuple[str, ...]) -> MeasureLine:
    """Make a line of a paper's row."""

    def cell(value: float) -> Cell:
        return number(value, 1, signed=row.measure.startswith("RG@"))

    cells = {task: cell(row.values[name]) for task, name in gsr.BENCHMARKS.items()
             if name in row.values}  # fmt: skip
    return MeasureLine(names, row.measure, cells, published=True)


def rows_with_best(lines: Sequence[MeasureLine], tasks: Sequence[str]) -> Iterator[TableRow]:
    """Print lines; the best way to one answer is marked in each column of each run."""
    for _, of_run in groupby(lines, key=lambda line: (line.names, line.published)):
        several = list(of_run)
        rows = [[*line.cells(tasks), *line.averages] for line in several]
        values = [
            [_ranked(cell, line.measure) for cell in cells]
            for line, cells in zip(several, rows, strict=True)
        ]
        best = [
            max((value for value in column if value is not None), default=None)
            for column in zip(*values, strict=True)
        ]
        for line, cells, mine in zip(several, rows, values, strict=True):
            marked = (
                replace(cell, best=value is not None and value == top)
                for cell, value, top in zip(cells, mine, best, strict=True)
            )
            yield TableRow((*map(Cell, line.names), Cell(line.measure), *marked), line.published)


def _ranked(cell: Cell, measure: str) -> float | None:
    """Round what may be the best of its column as it is printed; None for anything else."""
    if cell.value is None or not cell.ranked or not measure.startswith(_ONE_ANSWER):
        return None
    return round(cell.value, 1)


def rows_of_pairs(
    lines: Sequence[MeasureLine], columns: Sequence[tuple[str, str]]
) -> Iterator[TableRow]:
    """Print the lines of one model and method as one row, whose columns are tasks and measures."""
    for names, several in groupby(lines, key=lambda line: line.names):
        found = list(several)
        by_measure = {_any_size(line.measure): line.by_task for line in found}
        cells = (by_measure.get(measure, {}).get(task, MISSING) for task, measure in columns)
        yield TableRow((*map(Cell, names), *cells), found[0].published)


def tasks_of_measures(measured: Sequence[GroupMeasures], wanted: Sequence[str]) -> list[str]:
    """List the tasks, the paper's first."""
    found = dict.fromkeys(one.panel.task for one in measured)
    theirs = [task for task in gsr.BENCHMARKS if task in found or task in wanted]
    return [*theirs, *(task for task in found if task not in theirs)]


def task_title(task: str) -> str:
    """Name a task as the paper does, if it is one of the paper's."""
    return gsr.BENCHMARKS.get(task, task)


def _any_size(measure: str) -> str:
    return "selfRef@k" if measure.startswith("selfRef@") else measure
