"""What every round changed against round 1, and whether that is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.number_format import not_claimed, number, p_value, percent
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
    "Only answers that exist in both rounds are compared; where too many requests failed or "
    "were refused, nothing is claimed. Fixed and broken are fractions of these: not correct in "
    "round 1 and correct now, and the reverse; the fix rate is of those not correct in round 1, "
    "the break rate of those correct. Churn is the fraction whose extracted answer changed. "
    "Kept is the fraction that only confirms an earlier answer, whether its score was taken "
    "over or not. Detectable is the smallest true difference that a test at 5% would find in "
    "four of five such runs. Intervals are Student's t over clusters. The test is McNemar's "
    "exact one where scores are yes or no, of one sample of each item, and items are clusters "
    "of their own; else the paired t test over clusters. Holm corrects for the rounds of one "
    "run on one task. Where a round asks several answers at once, only their mean is compared. "
    "Where all items changed equally, p is the exact sign test's."
)

_OMNIBUS_COLUMNS = ("task", "run", "rounds", "Cochran's Q", "degrees of freedom", "p", "items")

_OMNIBUS_NOTE = (
    "Cochran's Q tests whether all rounds are equally accurate. It is for scores that are yes or "
    "no, of one sample of each item, where items are clusters of their own, and over the items "
    "with an answer in every round."
)


@dataclass(frozen=True, slots=True)
class _VersusFirst:
    """Round 1 against a later one."""

    difference: Difference
    changes: Changes
    kept: float
    p: float
    test: str
    no_claim: str


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
    claims = (
        percent(difference.error),
        percent(difference.low, signed=True),
        percent(difference.high, signed=True),
        percent(difference.detectable),
        p_value(compared.p),
        Cell(compared.test),
        p_value(adjusted),
    )
    if compared.no_claim:
        claims = (not_claimed(compared.no_claim),) * 7
    error, low, high, detectable, p, test, corrected = claims
    return (
        Cell(panel.task),
        Cell(panel.label.name),
        number(round_),
        percent(difference.value, signed=True),
        error,
        low,
        high,
        detectable,
        percent(changed.fixed),
        percent(changed.broken),
        percent(changed.fix_rate),
        percent(changed.break_rate),
        percent(changed.churn),
        percent(compared.kept),
        p,
        test,
        corrected,
        number(difference.items),
        number(difference.clusters),
    )


def _compare(panel: Panel, t: int) -> _VersusFirst:
    both = panel.complete(0, t)
    before, after = both.item_scores[:, [0, t]].T
    difference = paired_difference(before, after, both.clusters)
    verdicts, answers = both.verdicts, both.answers
    if panel.width > 1:  # Verdicts are those of whole rounds, not of answers.
        verdicts = np.full_like(verdicts, -1)
    p, test = difference.p, "paired t"
    if _independent(both) and len(both.items):
        was, is_ = both.correct[:, 0, [0, t]].T > 0
        p, test = mcnemar_exact(int(np.sum(~was & is_)), int(np.sum(was & ~is_))), "McNemar"
    no_claim = panel.no_claim(t)
    return _VersusFirst(
        difference=difference,
        changes=changes(verdicts[:, :, 0], verdicts[:, :, t], answers[:, :, 0], answers[:, :, t]),
        kept=float(recorded_mean(panel.kept[:, :, t].ravel(), axis=0)),
        p=float("nan") if no_claim else p,
        test=test,
        no_claim=no_claim,
    )


def _omnibus_row(panel: Panel) -> TableRow:
    test, whole = Omnibus(float("nan"), max(panel.rounds - 1, 0), float("nan")), panel.complete()
    if _independent(whole):
        test = cochran_q(whole.correct[:, 0])
    claims = (number(test.statistic, 2), number(test.degrees), p_value(test.p))
    if no_claim := panel.no_claim(panel.rounds - 1):
        claims = (not_claimed(no_claim), number(test.degrees), not_claimed(no_claim))
    cells = (Cell(panel.task), Cell(panel.label.name), number(panel.rounds), *claims)
    return TableRow((*cells, number(len(whole.items))))


def _independent(panel: Panel) -> bool:
    """Whether there is one yes-or-no answer to each item, and items have no clusters."""
    items, samples, _ = panel.scores.shape
    return panel.binary and samples == panel.width == 1 and len(np.unique(panel.clusters)) == items
