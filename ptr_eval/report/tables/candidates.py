"""What candidates are worth, the more of them there are."""

from collections.abc import Iterator, Sequence

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.tables.number_format import number, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import Estimate

_COLUMNS = (
    "task", "run", "k", "pass@k (%)", "pass: 95% low", "pass: 95% high", "maj@k (%)",
    "maj: 95% low", "maj: 95% high", "refined@k (%)",
)  # fmt: skip

_NOTE = (
    "pass@k is the chance that any of k candidates is correct, maj@k the accuracy of their "
    "vote, where equivalent answers are one, ties are worth the mean of the tied answers and "
    "no answer is no vote. Both are exact means over all choices of k from a question's "
    "candidates, which estimates them for k fresh ones without bias; so maj@k here and on "
    "the groups that were refined may differ a little. Intervals are Student's t over "
    "questions."
)


def candidates_table(measured: Sequence[GroupMeasures]) -> Table:
    """Tabulate accuracy by number of candidates."""
    rows = tuple(row for one in measured for row in _rows(one))
    return Table("by-candidates", "Accuracy by number of candidates", _COLUMNS, rows, _NOTE)


def _rows(one: GroupMeasures) -> Iterator[TableRow]:
    size = one.panel.size
    curve = zip(one.curve.pass_at, one.curve.majority_at, strict=True)
    for k, (passed, majority) in enumerate(curve, start=1):
        asked = one.panel.refined and k == size
        yield TableRow(
            (
                Cell(one.panel.task),
                Cell(one.panel.label.name),
                number(k),
                *_with_ends(passed),
                *_with_ends(majority),
                percent(one.estimates.refined.value) if asked else Cell("–"),
            )
        )


def _with_ends(estimate: Estimate) -> tuple[Cell, Cell, Cell]:
    return percent(estimate.value), percent(estimate.low), percent(estimate.high)
