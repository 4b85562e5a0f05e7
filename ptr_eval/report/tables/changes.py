"""What every round changed against round 1, and whether that is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.number_format import number, p_value, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import (
    Changes,
    Difference,
    Omnibus,
    changes,
    cochran_q,
    holm,
    mcnemar_exact,
    paired_difference,
    recorded_mean,
)

_COLUMNS = (
    "task", "run", "round", "difference (points)", "standard error", "95% low", "95% high",
    "detectable", "fixed (%)", "broken (%)", "fix rate (%)", "break rate (%)", "churn (%)",
    "kept (%)", "p", "test", "p (Holm)", "items", "clusters",
)  # fmt: skip

_NOTE = (
    "Fixed and broken are fractions of all answers: not correct in round 1 and correct now, and "
    "the reverse; the fix rate is of those not correct in round 1, the break rate of those "
    "correct. Churn is the fraction whose extracted answer changed. Kept is the fraction that only "
    "confirms an earlier answer, whether its score was taken over or not. Detectable is the "
    "smallest true difference that a test at 5% would find in four of five such runs. Intervals "
    "are Student's t over clusters. The test is McNemar's exact one where scores are yes or no, of "
    "one sample of each item, and items are clusters of their own; else the paired t test over "
    "clusters. Holm corrects for the rounds of one run on one task. Where a round asks several "
    "answers at once, only their mean is compared."
)

_OMNIBUS_COLUMNS = ("task", "run", "rounds", "Cochran's Q", "degrees of freedom", "p", "items")

_OMNIBUS_NOTE = (
    "Cochran's Q tests whether all rounds are equally accurate. It is for scores that are yes or "
    "no, of one sample of each item, where items are clusters of their own."
)


@dataclass(frozen=True, slots=True)
class _VersusFirst:
    """Round 1 against a later one."""

    difference: Difference
    changes: Changes
    p: float
    test: str


def changes_table(panels: Sequence[Panel]) -> Table:
    """Tabulate what every later round changed against round 1."""
    rows = tuple(row for panel in panels for row in _rows(panel))
    return Table("changes", "Changes against round 1", _COLUMNS, rows, _NOTE)


def omnibus_table(panels: Sequence[Panel]) -> Table:
    """Tabulate a test of all rounds of a run at once."""
    rows = tuple(_omnibus_row(panel) for panel in panels)
    title = "Are all rounds equally accurate?"
    return Table("omnibus", title, _OMNIBUS_COLUMNS, rows, _OMNIBUS_NOTE)


def _rows(panel: Panel) -> list[TableRow]:
    compared = [_compare(panel, t) for t in range(1, panel.rounds)]
    adjusted = holm([each.p for each in compared])
    return [
        TableRow(_cells(panel, t, each, p))
        for t, (each, p) in enumerate(zip(compared, adjusted, strict=True), start=2)
    ]


def _cells(panel: Panel, round_: int, compared: _VersusFirst, adjusted: float) -> tuple[Cell, ...]:
    difference, changed = compared.difference, compared.changes
    return (
        Cell(panel.task),
        Cell(panel.label.run),
        number(round_),
        percent(difference.value, signed=True),
        percent(difference.error),
        percent(difference.low, signed=True),
        percent(difference.high, signed=True),
        percent(difference.detectable),
        percent(changed.fixed),
        percent(changed.broken),
        percent(changed.fix_rate),
        percent(changed.break_rate),
        percent(changed.churn),
        percent(float(recorded_mean(panel.kept[:, :, round_ - 1].ravel(), axis=0))),
        p_value(compared.p),
        Cell(compared.test),
        p_value(adjusted),
        number(difference.items),
        number(difference.clusters),
    )


def _compare(panel: Panel, t: int) -> _VersusFirst:
    sides = panel.scores[:, :, [0, t]]
    recorded = np.asarray(~np.isnan(sides).any(axis=2))
    before, after = recorded_mean(np.where(recorded[:, :, None], sides, np.nan), axis=1).T
    kept = recorded.any(axis=1)
    difference = paired_difference(before[kept], after[kept], panel.clusters[kept])
    verdicts, answers = panel.verdicts, panel.answers
    if panel.width > 1:  # Verdicts are those of whole rounds, not of answers.
        verdicts = np.full_like(verdicts, -1)
    changed = changes(verdicts[:, :, 0], verdicts[:, :, t], answers[:, :, 0], answers[:, :, t])
    if not _independent(panel) or not kept.any():
        return _VersusFirst(difference, changed, difference.p, "paired t")
    was, is_ = panel.correct[kept, 0, 0], panel.correct[kept, 0, t]
    p = mcnemar_exact(int(np.sum(~was & is_)), int(np.sum(was & ~is_)))
    return _VersusFirst(difference, changed, p, "McNemar")


def _omnibus_row(panel: Panel) -> TableRow:
    test = Omnibus(float("nan"), max(panel.rounds - 1, 0), float("nan"))
    recorded = ~np.isnan(panel.scores).any(axis=(1, 2))
    if _independent(panel):
        test = cochran_q(panel.correct[recorded, 0])
    cells = (
        Cell(panel.task),
        Cell(panel.label.run),
        number(panel.rounds),
        number(test.statistic, 2),
        number(test.degrees),
        p_value(test.p),
        number(int(recorded.sum())),
    )
    return TableRow(cells)


def _independent(panel: Panel) -> bool:
    """Whether there is one yes-or-no answer to each item, and items have no clusters."""
    items, samples, _ = panel.scores.shape
    return panel.binary and samples == panel.width == 1 and len(np.unique(panel.clusters)) == items
