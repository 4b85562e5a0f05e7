"""The paper's tables, made of one's own runs: methods and instructions by iteration and task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ptr_eval.report.data.panels import Panel, tasks_of
from ptr_eval.report.papers import ptr
from ptr_eval.report.tables.table import Cell, Table, TableRow

_MISSING = "–"


@dataclass(frozen=True, slots=True)
class _IterationLine:
    """A row before it is printed: percentages by column, nan where there is none."""

    group: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    published: bool = False


def table1(panels: Sequence[Panel], *, published: bool = False) -> Table:
    """Tabulate methods by iteration and task, as the paper's Table 1 does."""
    columns = _columns(panels, published)
    lines = _own(panels, columns, lambda p: (p.label.checkpoint, p.label.method))
    notes = ["Scores in percent; the average is over all tasks shown."]
    if published:
        lines += [_published(row, columns) for row in ptr.table1()]
        notes.append(_about_published())
    return _table(
        "methods",
        "Methods by iteration and task",
        ("model", "method", "iteration", *map(_title, columns), "average"),
        lines,
        " ".join(notes),
    )


def table2(panels: Sequence[Panel]) -> Table:
    """Tabulate refinement instructions by iteration and task, as the paper's Table 2 does."""
    columns = _columns(panels, False)
    lines = _own(panels, columns, lambda p: (p.label.checkpoint, p.label.instruction), group=0)
    return _table(
        "instructions",
        "Instructions by iteration and task",
        ("model", "instruction", "iteration", *map(_title, columns), "average"),
        lines,
        "Scores in percent; the average is over all tasks shown.",
    )


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
    name: Callable[[Panel], tuple[str, str]],
    group: int | None = None,
) -> list[_IterationLine]:
    runs = list(dict.fromkeys(panel.label.run for panel in panels))
    lines = []
    for run in runs:
        of_run = {panel.task: panel for panel in panels if panel.label.run == run}
        names = name(next(iter(of_run.values())))
        for t in range(max(panel.rounds for panel in of_run.values())):
            values = [_accuracy(of_run.get(task), t) for task in columns]
            lines.append(
                _IterationLine(
                    "" if group is None else names[group],
                    (*names, str(t + 1)),
                    (*values, float(np.mean(values))),
                )
            )
    return lines


def _accuracy(panel: Panel | None, round_: int) -> float:
    if panel is None or round_ >= panel.rounds:
        return float("nan")
    return float(panel.accuracy[round_]) * 100


def _published(row: ptr.PublishedRow, columns: Sequence[str]) -> _IterationLine:
    values = [row.values.get(_title(task), float("nan")) for task in columns]
    # The paper's average is over the paper's benchmarks, whatever else is shown.
    names = (row.model, row.method, str(row.iteration))
    return _IterationLine(f"published {row.model}", names, (*values, row.average), published=True)


def _about_published() -> str:
    rows = ptr.table1()
    off = sum(abs(row.average - row.printed_average) > 0.0501 for row in rows)
    return (
        "Published rows: Progressive Thought Refinement (arXiv 2410.13413), Table 1, scored by "
        "rules that are laxer than those used here, and averaged over its ten benchmarks. Their "
        f"averages are recomputed; {off} of the {len(rows)} printed ones differ by more than "
        "rounding. The paper's ARC and GPQA name no subset and stand beside ARC-Challenge and "
        "GPQA-Diamond."
    )


def _table(
    name: str, title: str, columns: tuple[str, ...], lines: Sequence[_IterationLine], note: str
) -> Table:
    best = _best(lines)
    rows = tuple(
        TableRow(
            tuple(
                [Cell(text) for text in line.names]
                + [
                    _cell(value, round(value, 1) == round(best[line.group][place], 1))
                    for place, value in enumerate(line.values)
                ]
            ),
            line.published,
        )
        for line in lines
    )
    return Table(name, title, columns, rows, note)


def _best(lines: Sequence[_IterationLine]) -> dict[str, list[float]]:
    """Find each group's best value per column, as printed; nan where nobody has one."""
    best: dict[str, list[float]] = {}
    for line in lines:
        so_far = best.setdefault(line.group, [float("nan")] * len(line.values))
        best[line.group] = [float(np.fmax(a, b)) for a, b in zip(so_far, line.values, strict=True)]
    return best


def _cell(value: float, best: bool) -> Cell:
    return Cell(_MISSING) if np.isnan(value) else Cell(f"{value:.1f}", value, best)
