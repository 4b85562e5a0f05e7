"""Where verdicts went from round to round: counts, and the items behind them."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ptr_eval.report.data.panels import Codes, Panel
from ptr_eval.report.tables.number_format import number
from ptr_eval.report.tables.table import Cell, Row, Table
from ptr_eval.stats import VERDICTS, transition_counts

_MANY_ROUNDS = 5


def transitions_tables(panels: Sequence[Panel]) -> list[Table]:
    """Count how verdicts went from one round to another."""
    return [
        _table(panel, number_, before, after)
        for number_, panel in enumerate(panels, start=1)
        for before, after in _tabulated(panel.rounds)
    ]


def changed_items(panels: Sequence[Panel]) -> pd.DataFrame:
    """List the answers whose verdict changed, against round 1 and between consecutive rounds."""
    parts = [
        _changed(panel, place, before, after)
        for place, panel in enumerate(panels)
        for before, after in _listed(panel.rounds)
    ]
    place, item, sample, before, after, was, is_ = np.concatenate(
        [np.empty((7, 0), dtype=np.int64), *parts], axis=1
    )
    return pd.DataFrame(
        {
            "run": _names([panel.label.run for panel in panels], place),
            "task": _names([panel.task for panel in panels], place),
            "item": item,
            "sample": sample,
            "round_from": before + 1,
            "round_to": after + 1,
            "verdict_from": _names(VERDICTS, was),
            "verdict_to": _names(VERDICTS, is_),
        }
    )


def _changed(panel: Panel, place: int, before: int, after: int) -> Codes:
    """List changes by place of the panel, item, sample, rounds and verdicts: [7, changes]."""
    was, is_ = panel.verdicts[..., before], panel.verdicts[..., after]
    at = np.nonzero((was != is_) & (was >= 0) & (is_ >= 0))
    constant = [np.full(len(at[0]), value) for value in (place, before, after)]
    return np.stack([constant[0], panel.items[at[0]], at[1], *constant[1:], was[at], is_[at]])


def _names(names: Sequence[str], places: Codes) -> pd.Categorical:
    """Name what stands at places in a sequence that may name things twice."""
    categories = list(dict.fromkeys(names))
    codes = np.array([categories.index(name) for name in names], dtype=np.int64)
    return pd.Categorical.from_codes(codes[places], categories)


def _tabulated(rounds: int) -> list[tuple[int, int]]:
    if rounds < 2:
        return []
    steps = [(t - 1, t) for t in range(1, rounds)] if rounds <= _MANY_ROUNDS else []
    return list(dict.fromkeys([(0, rounds - 1), *steps]))


def _listed(rounds: int) -> Iterator[tuple[int, int]]:
    for t in range(1, rounds):
        yield 0, t
        if t > 1:
            yield t - 1, t


def _table(panel: Panel, place: int, before: int, after: int) -> Table:
    counts = transition_counts(panel.verdicts[..., before], panel.verdicts[..., after])
    rows = tuple(
        Row((Cell(verdict), *(number(count) for count in line), number(line.sum())))
        for verdict, line in zip(VERDICTS, counts, strict=True)
    )
    totals = Row((Cell("all"), *(number(n) for n in counts.sum(axis=0)), number(counts.sum())))
    return Table(
        name=f"transitions-{place}-{before + 1}-{after + 1}",
        title=f"{panel.label.run} on {panel.task}: round {before + 1} to round {after + 1}",
        columns=(f"round {before + 1}", *VERDICTS, "all"),
        rows=(*rows, totals),
        note=f"Numbers of answers; rows are verdicts in round {before + 1}, columns those in "
        f"round {after + 1}.",
    )
