"""What refined answers are worth against the vote of the same candidates, with intervals."""

from collections.abc import Iterator, Sequence

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.tables.number_format import not_claimed, number, p_value, percent
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
    "five such runs. Where too many requests failed or were refused, nothing is claimed."
)


def gaps_table(measured: Sequence[GroupMeasures]) -> Table:
    """Tabulate the refinement gap of every run and task."""
    rows = tuple(TableRow(tuple(_cells(one))) for one in measured if one.panel.refined)
    return Table("refinement-gap", "Refined answers against the vote", _COLUMNS, rows, _NOTE)


def _cells(one: GroupMeasures) -> Iterator[Cell]:
    found = one.estimates
    yield from (Cell(one.panel.task), Cell(one.panel.label.name), number(one.panel.size))
    yield from map(number, (found.questions, found.groups, found.unrefined))
    gap, used = found.gap, found.headroom_used
    claims = (
        percent(gap.low, signed=True),
        percent(gap.high, signed=True),
        percent(gap.detectable),
        p_value(gap.p),
    )
    ends = (percent(used.low), percent(used.high))
    if why := one.panel.no_claim:
        claims, ends = (not_claimed(why),) * 4, (not_claimed(why),) * 2
    yield from (percent(gap.value, signed=True), *claims)
    yield from (percent(found.fixed.value), percent(found.broken.value))
    yield from (percent(used.value), *ends)
