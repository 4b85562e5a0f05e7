"""The paper's tables, made of one's own runs: methods and instructions by iteration and task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ptr_eval.report.data.levels import labels_of, levels
from ptr_eval.report.data.panels import Panel, tasks_of
from ptr_eval.report.papers import ptr
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.runs import RunLabel
from ptr_eval.stats.arrays import Codes

_MISSING = "–"
_PAPERS_AVERAGE = "average of the paper's ten"
_NOTE = (
    "Scores in percent, over what was answered. Where too many requests failed or were refused, "
    "the cell says so, and is not marked as the best."
)


@dataclass(frozen=True, slots=True)
class _IterationLine:
    """A row before it is printed: by column percentages, nan where there is none."""

    group: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    no_claims: tuple[str, ...]
    """By column, why the value is not compared with others; empty where it is."""
    published: bool = False


def table1(panels: Sequence[Panel], *, published: bool = False) -> Table:
    """Tabulate methods by iteration and task, as the paper's Table 1 does."""
    columns = _columns(panels, published)
    heads, lines = _own(panels, columns, ("model", "method"), _method)
    notes = [_NOTE]
    if published:
        blank = (_MISSING,) * (len(heads) - 3)
        lines += [_published(row, columns, blank) for row in ptr.table1()]
        notes.append(_about_published())
    title = "Methods by iteration and task"
    return _table("methods", title, (heads, columns), lines, " ".join(notes))


def table2(panels: Sequence[Panel]) -> Table:
    """Tabulate refinement instructions by iteration and task, as the paper's Table 2 does."""
    columns = _columns(panels, False)
    heads, lines = _own(panels, columns, ("model", "instruction"), _instruction, group=0)
    title = "Instructions by iteration and task"
    return _table("instructions", title, (heads, columns), lines, _NOTE)


def _method(label: RunLabel) -> tuple[str, str]:
    return label.checkpoint, label.method


def _instruction(label: RunLabel) -> tuple[str, str]:
    return label.checkpoint, label.instruction


def _columns(panels: Sequence[Panel], published: bool) -> list[str]:
    """List the tasks, the paper's first; all of the paper's where its rows are shown."""
    tasks = tasks_of(panels)
    theirs = [task for task in ptr.BENCHMARKS if task in tasks or published]
    return [*theirs, *sorted(set(tasks) - set(theirs))]


def _title(task: str) -> str:
    return ptr.BENCHMARKS.get(task, task)


def _own(
    panels: Sequence[Panel],
    columns: Sequence[str],
    heads: tuple[str, str],
    name: Callable[[RunLabel], tuple[str, str]],
    group: int | None = None,
) -> tuple[tuple[str, ...], list[_IterationLine]]:
    """Make the lines of all runs, each named by all factors in which runs differ."""
    labels = labels_of(panels)
    factors = {f: by_run for f, by_run in levels(labels).items() if f not in heads}
    names = {
        label.run: (*name(label), *(of.get(label.run, _MISSING) for of in factors.values()))
        for label in labels
    }
    all_heads = (*heads, *(factor.replace("_", " ") for factor in factors))
    if len(set(names.values())) < len(names):
        all_heads = ("run", *all_heads)
        names = {label.run: (label.run, *names[label.run]) for label in labels}
        group = None if group is None else group + 1
    lines = []
    for run, of_names in names.items():
        of_run = {panel.task: panel for panel in panels if panel.label.run == run}
        for t in range(max(panel.rounds for panel in of_run.values())):
            found = [_accuracy(of_run.get(task), t) for task in columns]
            lines.append(
                _IterationLine(
                    "" if group is None else of_names[group],
                    (*of_names, str(t + 1)),
                    tuple(value for value, _ in found),
                    tuple(why for _, why in found),
                )
            )
    return (*all_heads, "iteration"), lines


def _accuracy(panel: Panel | None, round_: int) -> tuple[float, str]:
    if panel is None or round_ >= panel.rounds:
        return float("nan"), ""
    return float(panel.accuracy[round_]) * 100, panel.no_claim(round_)


def _published(
    row: ptr.PublishedRow, columns: Sequence[str], blank: tuple[str, ...]
) -> _IterationLine:
    values = tuple(row.values.get(_title(task), float("nan")) for task in columns)
    names = (row.model, row.method, *blank, str(row.iteration))
    no_claims = ("",) * len(values)
    return _IterationLine(f"published {row.model}", names, values, no_claims, published=True)


def _about_published() -> str:
    rows = ptr.table1()
    off = sum(abs(row.average - row.printed_average) > 0.0501 for row in rows)
    return (
        "Published rows: Progressive Thought Refinement (arXiv 2410.13413), Table 1, scored by "
        "rules that are laxer than those used here. Their "
        f"averages are recomputed; {off} of the {len(rows)} printed ones differ by more than "
        "rounding. The paper's ARC and GPQA name no subset and stand beside ARC-Challenge and "
        "GPQA-Diamond."
    )


def _averaged(
    lines: Sequence[_IterationLine], columns: Sequence[str]
) -> tuple[list[str], list[_IterationLine]]:
    """Add the averages that can be compared: of the paper's tasks, and of those that all rows have.

    Both are named; an average over whatever a row happens to have is none.
    """
    values = np.array([line.values for line in lines]).reshape(len(lines), len(columns))
    common = np.flatnonzero(~np.isnan(values).any(axis=0))
    theirs = np.array([at for at, task in enumerate(columns) if task in ptr.BENCHMARKS], dtype=int)
    wanted = {}
    if len(theirs) == len(ptr.BENCHMARKS) and not np.isnan(values[:, theirs]).any(axis=1).all():
        wanted[_PAPERS_AVERAGE] = theirs
    if len(common):
        wanted[f"average of the tasks that all rows have ({len(common)})"] = common
    return list(wanted), [
        replace(
            line,
            values=(*line.values, *(float(of_line[at].mean()) for at in wanted.values())),
            no_claims=(*line.no_claims, *(_first(line.no_claims, at) for at in wanted.values())),
        )
        for line, of_line in zip(lines, values, strict=True)
    ]


def _first(no_claims: Sequence[str], places: Codes) -> str:
    return next((no_claims[at] for at in places if no_claims[at]), "")


def _table(
    name: str,
    title: str,
    heads: tuple[tuple[str, ...], Sequence[str]],
    lines: Sequence[_IterationLine],
    note: str,
) -> Table:
    averages, averaged = _averaged(lines, heads[1])
    if not averages:
        note += " No task is in all rows, so there is no average that could be compared."
    best = _best(averaged)
    rows = tuple(
        TableRow(
            (
                *map(Cell, line.names),
                *(
                    _cell(value, why, round(value, 1) == best[line.group][place])
                    for place, (value, why) in enumerate(
                        zip(line.values, line.no_claims, strict=True)
                    )
                ),
            ),
            line.published,
        )
        for line in averaged
    )
    return Table(name, title, (*heads[0], *map(_title, heads[1]), *averages), rows, note)


def _best(lines: Sequence[_IterationLine]) -> dict[str, list[float | None]]:
    """Find each group's best value per column, as printed, among those that are compared."""
    groups: dict[str, list[_IterationLine]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    return {
        group: [
            _best_of([(line.values[at], line.no_claims[at]) for line in members])
            for at in range(len(members[0].values))
        ]
        for group, members in groups.items()
    }


def _best_of(column: Sequence[tuple[float, str]]) -> float | None:
    """Find the best value; none where what is not compared leaves only one."""
    known = [(value, why) for value, why in column if not np.isnan(value)]
    compared = [value for value, why in known if not why]
    if not compared or len(compared) == 1 < len(known):
        return None
    return round(max(compared), 1)


def _cell(value: float, why: str, best: bool) -> Cell:
    if np.isnan(value):
        return Cell(f"{_MISSING} ({why})" if why else _MISSING)
    if why:
        return Cell(f"{value:.1f} ({why})", value)
    return Cell(f"{value:.1f}", value, best)
