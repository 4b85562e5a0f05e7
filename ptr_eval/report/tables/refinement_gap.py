"""What refined answers are worth against the vote of the same candidates, with intervals."""

from collections.abc import Iterator, Sequence

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.tables.number_format import number, p_value, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow

_COLUMNS = (
    "task", "run", "k", "questions", "groups", "not refined", "gap (points)", "95% low",
    "95% high", "detectable", "p", "fixed (%)", "broken (%)", "headroom used (%)",
    "used: 95% low", "used: 95% high",
)  # fmt: skip

_NOTE = (
    "The gap is refined answers less votes, paired by question, its interval Student's t "
    "over questions. Fixed: the vote is wrong and the refined answer right; broken: the "
    "reverse. Headroom used is the gap over pass@k - maj@k, its interval from a bootstrap of "
    "questions. Detectable is the smallest true gap that a test at 5% would find in four of "
    "five such runs."
)


def gaps_table(measured: Sequence[GroupMeasures]) -> Table:
    """Tabulate the refinement gap of every run and task."""
    rows = tuple(TableRow(tuple(_cells(one))) for one in measured if one.panel.refined)
    return Table("refinement-gap", "Refined answers against the vote", _COLUMNS, rows, _NOTE)


def _cells(one: GroupMeasures) -> Iterator[Cell]:
    found = one.estimates
    yield from (Cell(one.panel.task), Cell(one.panel.label.run), number(one.panel.size))
    yield from map(number, (found.questions, found.groups, found.unrefined))
    yield from (percent(x, signed=True) for x in (found.gap.value, found.gap.low, found.gap.high))
    yield from (percent(found.gap.detectable), p_value(found.gap.p))
    yield from (percent(found.fixed.value), percent(found.broken.value))
    used = found.headroom_used
    yield from map(percent, (used.value, used.low, used.high))
