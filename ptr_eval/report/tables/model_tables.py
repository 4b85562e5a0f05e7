"""Models that solve and refine: by how they were trained, and by size (GSR, Tables 2 and 3)."""

from collections.abc import Iterator, Sequence

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.papers import gsr
from ptr_eval.report.tables.measure_lines import (
    own_lines,
    published_line,
    rows_of_pairs,
    task_title,
    tasks_of_measures,
)
from ptr_eval.report.tables.number_format import percent
from ptr_eval.report.tables.table import Cell, Table, TableRow

_BENCHMARKS = ("gsr_aime24", "gsr_aime25")
"""Those of the paper's tables."""

_ABLATION_NOTE = "Accuracy in percent of one candidate, and of the answer refined from k of them."
_ABOUT_ABLATION = (
    "Published rows: Learning to Refine (arXiv 2509.00084), Table 2, 20k examples each. It "
    "prints 9.6 as AIME25's selfRef@4 without training, which in Table 1 is maj@4, and selfRef@4 "
    "is 11.3."
)
_SCALES_NOTE = "Accuracy in percent of one candidate, of the vote of k, and of the refined answer."
_ABOUT_SCALES = "Published rows: Learning to Refine (arXiv 2509.00084), Table 3."


def ablation_table(measured: Sequence[GroupMeasures], *, published: bool = False) -> Table:
    """Tabulate how training changes solving and refining."""
    tasks = tasks_of_measures(measured, _BENCHMARKS if published else ())
    alone = _by_themselves(measured)
    own = list(own_lines(alone, lambda one: _names(one, measured), _solving_and_refining))
    theirs = [
        published_line(row, (row.model, row.method))
        for row in (gsr.ablation() if published else ())
    ]
    columns = [(task, measure) for task in tasks for measure in ("pass@1", "selfRef@k")]
    return Table(
        "parallel-ablation",
        "Training to solve, to refine, or both",
        ("model", "method", *(f"{task_title(task)} {measure}" for task, measure in columns)),
        (*rows_of_pairs(own, columns), *rows_of_pairs(theirs, columns)),
        f"{_ABLATION_NOTE} {_ABOUT_ABLATION}" if published else _ABLATION_NOTE,
    )


def scales_table(measured: Sequence[GroupMeasures], *, published: bool = False) -> Table:
    """Tabulate models by benchmark."""
    tasks = tasks_of_measures(measured, _BENCHMARKS if published else ())
    alone = _by_themselves(measured)
    lines = list(own_lines(alone, lambda one: _names(one, measured), _ways_to_answer))
    if published:
        lines += [published_line(row, (row.model, row.method)) for row in gsr.scales()]
    return Table(
        "parallel-scales",
        "Models by benchmark",
        ("model", "method", "measure", *map(task_title, tasks)),
        tuple(
            TableRow(
                (*map(Cell, line.names), Cell(line.measure), *line.cells(tasks)), line.published
            )
            for line in lines
        ),
        f"{_SCALES_NOTE} {_ABOUT_SCALES}" if published else _SCALES_NOTE,
    )


def _solving_and_refining(one: GroupMeasures) -> Iterator[tuple[str, Cell]]:
    yield "pass@1", percent(one.estimates.pass_at_1.value)
    yield "selfRef@k", percent(one.estimates.refined.value)


def _ways_to_answer(one: GroupMeasures) -> Iterator[tuple[str, Cell]]:
    yield "pass@1", percent(one.estimates.pass_at_1.value)
    yield one.majority_name, percent(one.estimates.majority.value)
    yield one.refined_name, percent(one.estimates.refined.value)


def _by_themselves(measured: Sequence[GroupMeasures]) -> list[GroupMeasures]:
    """Pick the runs whose model refined its own candidates."""
    return [one for one in measured if one.panel.refined and not one.panel.refiner]


def _names(one: GroupMeasures, measured: Sequence[GroupMeasures]) -> tuple[str, str]:
    """Name the model and its method; also the run, where two runs have the same two."""
    label = one.panel.label
    same = {
        other.panel.label.run
        for other in measured
        if (other.panel.label.checkpoint, other.panel.label.method)
        == (label.checkpoint, label.method)
    }
    method = label.method if len(same) == 1 else f"{label.method} ({label.name})"
    return label.checkpoint, method
