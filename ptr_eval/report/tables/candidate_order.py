"""Runs that differ in nothing but the order in which candidates are shown."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.report.tables.number_format import not_claimed, p_value, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import counted_groups, paired_difference, recorded_mean
from ptr_eval.stats.arrays import Floats

_MAY_DIFFER = ("order", "first_round", "ledger", "wave", "chunk")
"""Settings in which compared runs may differ: where answers come from or go."""

_COLUMNS = (
    "task", "run", "order", "refined (%)", "other run", "other order", "other refined (%)",
    "difference (points)", "95% low", "95% high", "detectable", "p", "same candidates",
)  # fmt: skip

_NOTE = (
    "The difference is the other run less the first, paired by question, its interval "
    "Student's t over questions."
)


def order_table(measured: Sequence[GroupMeasures]) -> Table:
    """Compare runs by the order of their candidates."""
    rows = tuple(
        TableRow(tuple(_pair(one, other)))
        for one, other in combinations([m.panel for m in measured if m.panel.refined], 2)
        if _only_order_differs(one, other)
    )
    return Table("order", "Order in which candidates are shown", _COLUMNS, rows, _NOTE)


def _only_order_differs(one: GroupPanel, other: GroupPanel) -> bool:
    settings = [
        {name: value for name, value in panel.origin.settings.items() if name not in _MAY_DIFFER}
        for panel in (one, other)
    ]
    same = (one.task, one.scorer, one.label.checkpoint, one.refiner, settings[0]) == (
        other.task, other.scorer, other.label.checkpoint, other.refiner, settings[1],
    )  # fmt: skip
    return same and one.order != other.order


def _pair(one: GroupPanel, other: GroupPanel) -> Iterator[Cell]:
    _, at_one, at_other = np.intersect1d(one.items, other.items, return_indices=True)
    before, after = _by_question(one)[at_one], _by_question(other)[at_other]
    both = ~np.isnan(before) & ~np.isnan(after)
    change = paired_difference(before[both], after[both])
    yield Cell(one.task)
    for panel, values in ((one, before[both]), (other, after[both])):
        mean = recorded_mean(values, axis=0)
        yield from (Cell(panel.label.name), Cell(panel.order), percent(float(mean)))
    yield percent(change.value, signed=True)
    if why := one.no_claim or other.no_claim:
        yield from (not_claimed(why),) * 4
    else:
        yield from (percent(x, signed=True) for x in (change.low, change.high))
        yield from (percent(change.detectable), p_value(change.p))
    yield Cell("yes" if _same_candidates(one, other) else "no")


def _same_candidates(one: GroupPanel, other: GroupPanel) -> bool:
    return all(
        np.array_equal(first, second, equal_nan=True)
        for first, second in (
            (one.items, other.items),
            (one.groups.classes, other.groups.classes),
            (one.solving.generated, other.solving.generated),
        )
    )


def _by_question(panel: GroupPanel) -> Floats:
    counted = counted_groups(panel.groups)[..., None]
    refined = np.where(counted, panel.groups.refined, np.nan)
    return recorded_mean(recorded_mean(refined, axis=2), axis=1)
