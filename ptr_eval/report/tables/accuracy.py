"""How good every round is, and how far to trust that."""

from collections.abc import Sequence

import numpy as np

from ptr_eval.report.data.outcomes import missing_share
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.number_format import number, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import (
    bootstrap_means,
    interval,
    percentile_interval,
    recorded_mean,
)
from ptr_eval.stats.arrays import Floats

_COLUMNS = (
    "task", "run", "round", "score (%)", "standard error", "95% low", "95% high",
    "bootstrap low", "bootstrap high", "items", "clusters", "failed or refused (%)",
)  # fmt: skip

_NOTE = (
    "Over what was answered; what failed or was refused is counted apart. Standard errors are over "
    "clusters of items; the intervals are Student's t over clusters, cut at 0 and 100, and the "
    "percentiles of a bootstrap of whole clusters. Where every answer is correct, or none is, "
    "neither exists, and the interval is Wilson's for as many answers as there are clusters."
)


def accuracy_table(
    panels: Sequence[Panel], *, rng: np.random.Generator, resamples: int = 10_000
) -> Table:
    """Tabulate the score of every round with its uncertainty."""
    rows = tuple(row for panel in panels for row in _rows(panel, rng, resamples))
    return Table("accuracy", "Score of every round", _COLUMNS, rows, _NOTE)


def _rows(panel: Panel, rng: np.random.Generator, resamples: int) -> list[TableRow]:
    scores = recorded_mean(panel.scores, axis=1)
    draws = bootstrap_means(scores, panel.clusters, rng=rng, repeats=resamples)
    lows, highs = percentile_interval(draws)
    return [
        TableRow(_cells(panel, t, scores[:, t], (float(lows[t]), float(highs[t]))))
        for t in range(panel.rounds)
    ]


def _cells(
    panel: Panel, t: int, scores: Floats, bootstrap: tuple[float, float]
) -> tuple[Cell, ...]:
    recorded = ~np.isnan(scores)
    clusters = panel.clusters[recorded]
    estimate = interval(scores[recorded], clusters)
    count = len(np.unique(clusters))
    low, high = bootstrap if estimate.error > 0 else (np.nan, np.nan)
    return (
        Cell(panel.task),
        Cell(panel.label.name),
        number(t + 1),
        percent(estimate.value),
        percent(estimate.error),
        percent(estimate.low),
        percent(estimate.high),
        percent(low),
        percent(high),
        number(int(recorded.sum())),
        number(count),
        percent(missing_share(panel.outcomes[t])),
    )
