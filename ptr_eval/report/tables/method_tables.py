"""Methods of making one answer of several candidates, by benchmark (GSR, Tables 1 to 3)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ptr_eval.report.data.group_measures import Measured
from ptr_eval.report.papers import gsr
from ptr_eval.report.tables.number_format import number, p_value, percent
from ptr_eval.report.tables.table import Cell, Row, Table
from ptr_eval.stats import MatchedVote

_MISSING = Cell("–")

_CHOOSING = ("maj@", "BoN@", "selfRef@", "Ref@")
"""How measures begin that one could use, unlike upper bounds and differences."""

_CANDIDATES = (
    "pass@1 is the accuracy of one candidate, maj@k that of the vote of k of them, BoN@k of the "
    "one that a reward model or judge chooses, pass@k the chance that any of them is correct, all "
    "on the same groups of candidates."
)
_MEASURES = (
    "selfRef@k is the accuracy of the answer refined from the same candidates, Ref@k of one that "
    "another model refines. The gap RG@k is selfRef@k - maj@k in points, its 95% interval from "
    "differences paired by question; the headroom is pass@k - maj@k. Votes of equal calls and "
    "equal tokens take what refining takes: k + 1 candidates, and as many as k candidates and a "
    "refined answer have tokens; they are means over all choices from a question's candidates, "
    "and missing where it has too few."
)

_ABOUT_METHODS = (
    "Published rows: Learning to Refine (arXiv 2509.00084), Table 1. Its equal compute is one of "
    "calls (maj@5), not of tokens; on MATH500 a best-of-4 reaches 93.5, above selfRef@4."
)
_ABOUT_ABLATION = (
    "Published rows: Learning to Refine (arXiv 2509.00084), Table 2, 20k examples each. It "
    "prints 9.6 as AIME25's selfRef@4 without training, which in Table 1 is maj@4, and selfRef@4 "
    "is 11.3."
)
_ABOUT_SCALES = "Published rows: Learning to Refine (arXiv 2509.00084), Table 3."


@dataclass(frozen=True, slots=True)
class _Line:
    """A row before it is printed."""

    names: tuple[str, ...]
    """Its first cells."""
    measure: str
    """What was measured."""
    cells: Mapping[str, Cell]
    """By task or benchmark."""
    average: Cell = _MISSING
    """The mean over all tasks shown; None where one is missing."""
    published: bool = False
    """Whether it is copied from a paper."""


def methods_table(measured: Sequence[Measured], *, published: bool = False) -> Table:
    """Tabulate methods by benchmark, as Table 1 of the paper does."""
    tasks = _tasks(measured, list(gsr.BENCHMARKS) if published else [])
    lines = list(_own(measured, lambda one: (one.panel.label.run,), _measures))
    lines = [_averaged(line, tasks) for line in lines]
    if published:
        lines += [_published(row, (row.model,)) for row in gsr.methods()]
    notes = [_CANDIDATES]
    notes += [_MEASURES] * any(one.panel.refined for one in measured)
    notes += [_ABOUT_METHODS] * published
    return Table(
        "parallel-methods",
        "Methods of making one answer of several candidates",
        ("run", "measure", *map(_title, tasks), "average"),
        tuple(_rows(lines, tasks)),
        " ".join(notes),
    )


def ablation_table(measured: Sequence[Measured], *, published: bool = False) -> Table:
    """Tabulate how training changes solving and refining, as Table 2 of the paper does."""
    both = ("AIME24", "AIME25")
    tasks = _tasks(
        measured, [t for t, name in gsr.BENCHMARKS.items() if name in both and published]
    )
    own = list(_own(_by_itself(measured), lambda one: _names(one, measured), _solving_and_refining))
    theirs = [
        _published(row, (row.model, row.method)) for row in (gsr.ablation() if published else ())
    ]
    columns = [(task, measure) for task in tasks for measure in ("pass@1", "selfRef@k")]
    note = "Accuracy in percent of one candidate, and of the answer refined from k of them."
    return Table(
        "parallel-ablation",
        "Training to solve, to refine, or both",
        ("model", "method", *(f"{_title(task)} {measure}" for task, measure in columns)),
        tuple(_paired(own, columns)) + tuple(_paired(theirs, columns)),
        f"{note} {_ABOUT_ABLATION}" if published else note,
    )


def scales_table(measured: Sequence[Measured], *, published: bool = False) -> Table:
    """Tabulate models by benchmark, as Table 3 of the paper does."""
    both = ("AIME24", "AIME25")
    tasks = _tasks(
        measured, [t for t, name in gsr.BENCHMARKS.items() if name in both and published]
    )
    lines = list(_own(_by_itself(measured), lambda one: _names(one, measured), _main))
    if published:
        lines += [_published(row, (row.model, row.method)) for row in gsr.scales()]
    note = "Accuracy in percent of one candidate, of the vote of k, and of the refined answer."
    return Table(
        "parallel-scales",
        "Models by benchmark",
        ("model", "method", "measure", *map(_title, tasks)),
        tuple(
            Row((*map(Cell, line.names), Cell(line.measure), *_of_tasks(line, tasks)),
                line.published)
            for line in lines
        ),
        f"{note} {_ABOUT_SCALES}" if published else note,
    )  # fmt: skip


def gaps_table(measured: Sequence[Measured]) -> Table:
    """Tabulate what refining is worth against the vote, with intervals."""
    columns = (
        "task", "run", "k", "questions", "groups", "not refined", "gap (points)", "95% low",
        "95% high", "detectable", "p", "fixed (%)", "broken (%)", "headroom used (%)",
        "used: 95% low", "used: 95% high",
    )  # fmt: skip
    note = (
        "The gap is refined answers less votes, paired by question, its interval Student's t "
        "over questions. Fixed: the vote is wrong and the refined answer right; broken: the "
        "reverse. Headroom used is the gap over pass@k - maj@k, its interval from a bootstrap of "
        "questions. Detectable is the smallest true gap that a test at 5% would find in four of "
        "five such runs."
    )
    rows = tuple(Row(tuple(_gap_cells(one))) for one in _refining(measured))
    return Table("refinement-gap", "Refined answers against the vote", columns, rows, note)


def _gap_cells(one: Measured) -> Iterator[Cell]:
    found = one.estimates
    yield from (Cell(one.panel.task), Cell(one.panel.label.run), number(one.panel.size))
    yield from map(number, (found.questions, found.groups, found.unrefined))
    yield from (percent(x, signed=True) for x in (found.gap.value, found.gap.low, found.gap.high))
    yield from (percent(found.gap.detectable), p_value(found.gap.p))
    yield from (percent(found.fixed.value), percent(found.broken.value))
    used = found.headroom_used
    yield from map(percent, (used.value, used.low, used.high))


def _own(
    measured: Sequence[Measured],
    names: Callable[[Measured], tuple[str, ...]],
    measures: Callable[[Measured], Iterator[tuple[str, Cell]]],
) -> Iterator[_Line]:
    """Collect the tasks of each run into its rows, in the order in which measures first occur."""
    for _, of_run in groupby(measured, key=lambda one: one.panel.label.run):
        several = list(of_run)
        by_measure: dict[str, dict[str, Cell]] = {}
        for one in several:
            for measure, cell in measures(one):
                by_measure.setdefault(measure, {})[one.panel.task] = cell
        for measure, cells in by_measure.items():
            yield _Line(names(several[0]), measure, cells)


def _measures(one: Measured) -> Iterator[tuple[str, Cell]]:
    found, size = one.estimates, one.panel.size
    yield "pass@1", percent(found.pass_at_1.value)
    yield one.majority_name, percent(found.majority.value)
    if one.panel.refined:
        yield f"maj@{size + 1} (equal calls)", _vote(one.calls)
        yield "maj@k' (equal tokens)", _vote(one.tokens, tell=True)
    for name, estimate in one.selected():
        yield name, percent(estimate.value)
    if one.panel.refined:
        yield one.refined_name, percent(found.refined.value)
        yield f"RG@{size}", _gap(one)
        yield "headroom used", percent(found.headroom_used.value)
    yield f"pass@{size}", percent(found.pass_at_k.value)


def _main(one: Measured) -> Iterator[tuple[str, Cell]]:
    yield "pass@1", percent(one.estimates.pass_at_1.value)
    yield one.majority_name, percent(one.estimates.majority.value)
    yield one.refined_name, percent(one.estimates.refined.value)


def _solving_and_refining(one: Measured) -> Iterator[tuple[str, Cell]]:
    yield "pass@1", percent(one.estimates.pass_at_1.value)
    yield "selfRef@k", percent(one.estimates.refined.value)


def _vote(matched: MatchedVote, *, tell: bool = False) -> Cell:
    """Print a vote, and of how many candidates it is where the row's name does not tell."""
    cell = percent(matched.majority.value)
    if cell.value is None or not tell:
        return cell
    return Cell(f"{cell.text} (k' = {matched.candidates})", cell.value)


def _gap(one: Measured) -> Cell:
    gap = one.estimates.gap
    cell = percent(gap.value, signed=True)
    if not np.isfinite(gap.low):
        return cell
    low, high = (percent(end, signed=True).text for end in (gap.low, gap.high))
    return Cell(f"{cell.text} [{low}, {high}]", cell.value)


def _averaged(line: _Line, tasks: Sequence[str]) -> _Line:
    cells = [line.cells.get(task, _MISSING) for task in tasks]
    values = [cell.value for cell in cells if cell.value is not None]
    if len(values) < len(tasks):
        return line
    mean = number(float(np.mean(values)), 1, signed=line.measure.startswith("RG@"))
    return _Line(line.names, line.measure, line.cells, mean)


def _published(row: gsr.Measurement, names: tuple[str, ...]) -> _Line:
    def cell(value: float) -> Cell:
        return number(value, 1, signed=row.measure.startswith("RG@"))

    cells = {task: cell(row.values[name]) for task, name in gsr.BENCHMARKS.items()
             if name in row.values}  # fmt: skip
    average = _MISSING if row.average is None else cell(row.average)
    return _Line(names, row.measure, cells, average, published=True)


def _rows(lines: Sequence[_Line], tasks: Sequence[str]) -> Iterator[Row]:
    """Print lines; the best way to one answer is marked in each column of each run."""
    for _, of_run in groupby(lines, key=lambda line: (line.names, line.published)):
        several = list(of_run)
        columns = [[*_of_tasks(line, tasks), line.average] for line in several]
        usable = [line.measure.startswith(_CHOOSING) for line in several]
        best = [
            max((round(c.value, 1) for c, use in zip(column, usable, strict=True)
                 if use and c.value is not None), default=None)
            for column in zip(*columns, strict=True)
        ]  # fmt: skip
        for line, cells, use in zip(several, columns, usable, strict=True):
            marked = (
                Cell(c.text, c.value, use and c.value is not None and round(c.value, 1) == top)
                for c, top in zip(cells, best, strict=True)
            )
            yield Row((*map(Cell, line.names), Cell(line.measure), *marked), line.published)


def _paired(lines: Sequence[_Line], columns: Sequence[tuple[str, str]]) -> Iterator[Row]:
    """Put the measures of one model and method side by side."""
    for names, several in groupby(lines, key=lambda line: line.names):
        found = list(several)
        by_measure = {_any_size(line.measure): line.cells for line in found}
        cells = (by_measure.get(measure, {}).get(task, _MISSING) for task, measure in columns)
        yield Row((*map(Cell, names), *cells), found[0].published)


def _any_size(measure: str) -> str:
    return "selfRef@k" if measure.startswith("selfRef@") else measure


def _of_tasks(line: _Line, tasks: Sequence[str]) -> list[Cell]:
    return [line.cells.get(task, _MISSING) for task in tasks]


def _refining(measured: Sequence[Measured]) -> list[Measured]:
    return [one for one in measured if one.panel.refined]


def _by_itself(measured: Sequence[Measured]) -> list[Measured]:
    """Pick the runs whose model refined its own candidates."""
    return [one for one in _refining(measured) if not one.panel.refiner]


def _names(one: Measured, measured: Sequence[Measured]) -> tuple[str, str]:
    """Name the model and its method; and the run where that does not tell runs apart."""
    label = one.panel.label
    same = {
        other.panel.label.run
        for other in measured
        if (other.panel.label.checkpoint, other.panel.label.method)
        == (label.checkpoint, label.method)
    }
    method = label.method if len(same) == 1 else f"{label.method} ({label.run})"
    return label.checkpoint, method


def _tasks(measured: Sequence[Measured], wanted: Sequence[str]) -> list[str]:
    """List the tasks, the paper's first."""
    found = dict.fromkeys(one.panel.task for one in measured)
    theirs = [task for task in gsr.BENCHMARKS if task in found or task in wanted]
    return [*theirs, *(task for task in found if task not in theirs)]


def _title(task: str) -> str:
    return gsr.BENCHMARKS.get(task, task)
