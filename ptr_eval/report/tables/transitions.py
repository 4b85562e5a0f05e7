"""How verdicts changed from round to round, in counts."""

from collections.abc import Sequence

from ptr_eval.report.data.panels import VERDICT_HEADINGS, Panel
from ptr_eval.report.tables.number_format import number
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import transition_counts

_MANY_ROUNDS = 5


def transitions_tables(panels: Sequence[Panel]) -> list[Table]:
    """Count how verdicts went from one round to another."""
    return [
        _table(panel, number_, before, after)
        for number_, panel in enumerate(panels, start=1)
        for before, after in _tabulated(panel.rounds)
    ]


def _tabulated(rounds: int) -> list[tuple[int, int]]:
    if rounds < 2:
        return []
    steps = [(t - 1, t) for t in range(1, rounds)] if rounds <= _MANY_ROUNDS else []
    return list(dict.fromkeys([(0, rounds - 1), *steps]))


def _table(panel: Panel, place: int, before: int, after: int) -> Table:
    counts = transition_counts(panel.verdicts[..., before], panel.verdicts[..., after])
    rows = tuple(
        TableRow((Cell(verdict), *(number(count) for count in line), number(line.sum())))
        for verdict, line in zip(VERDICT_HEADINGS, counts, strict=True)
    )
    totals = TableRow((Cell("all"), *(number(n) for n in counts.sum(axis=0)), number(counts.sum())))
    return Table(
        name=f"transitions-{place}-{before + 1}-{after + 1}",
        title=f"{panel.label.name} on {panel.task}: round {before + 1} to round {after + 1}",
        columns=(f"round {before + 1}", *VERDICT_HEADINGS, "all"),
        rows=(*rows, totals),
        note=f"Numbers of answers that exist in both rounds; rows are verdicts in round "
        f"{before + 1}, columns those in round {after + 1}.",
    )
