"""The leaderboard's tables: runs by rank, and every pair of them."""

import numpy as np

from ptr_eval.report.data.leaderboard import ALPHA, Leaderboard, RankedRun, RunPair, UnrankedRun
from ptr_eval.report.tables.number_format import (
    NOT_AVAILABLE,
    not_claimed,
    number,
    p_value,
    percent,
)
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats.arrays import Floats


def leaderboard_table(board: Leaderboard, level: str = "", name: str = "leaderboard") -> Table:
    """Tabulate a leaderboard; `level` says of which runs it is, if not of all."""
    scores = [standing.by_task for standing in board.standings]
    best = np.max(scores, axis=0) if scores else np.empty(0)
    rows = [TableRow(tuple(_cells(standing, best))) for standing in board.standings]
    rows += [TableRow(tuple(_unranked_cells(run))) for run in board.unranked]
    head = ("rank", "run", "model", "method", "score", "95 % interval", "place", "tied with")
    note = (
        "Scores in percent, each run's last round unless set otherwise, every task weighing the "
        "same. Rank: one more than the number of runs that are significantly better "
        f"(Holm-adjusted p < {ALPHA}). Place: the 95 % interval of the place by score alone, over "
        "resamples of the items. Runs are compared on the items that all of them answered; one too "
        "many of whose requests failed or were refused has no rank, and its scores are over what "
        "it answered."
    )
    return Table(
        name,
        f"Leaderboard: {level}" if level else "Leaderboard",
        (*head, *board.tasks, "tokens per item"),
        tuple(rows),
        " ".join([note, *board.notes]),
    )


def _cells(standing: RankedRun, best: Floats) -> list[Cell]:
    label, (first, last) = standing.label, standing.ranks
    place = str(first) if first == last else f"{first} to {last}"
    return [
        Cell(str(standing.rank), standing.rank),
        Cell(label.name),
        Cell(label.checkpoint),
        Cell(label.method),
        percent(standing.score),
        Cell(f"{standing.low * 100:.1f} to {standing.high * 100:.1f}"),
        Cell(place),
        Cell(", ".join(standing.tied) or "–"),
        *(
            Cell(f"{value * 100:.1f}", value * 100, bool(value == top))
            for value, top in zip(standing.by_task, best, strict=True)
        ),
        number(standing.tokens),
    ]


def _unranked_cells(run: UnrankedRun) -> list[Cell]:
    label = run.label
    return [
        not_claimed(run.why),
        Cell(label.name),
        Cell(label.checkpoint),
        Cell(label.method),
        percent(float(np.mean(run.by_task))),
        *(Cell("–"),) * 3,
        *map(percent, run.by_task),
        number(run.tokens),
    ]


def pairwise_table(board: Leaderboard, level: str = "", name: str = "pairs") -> Table:
    """Tabulate all pairs of runs that are ranked."""
    rows = [
        TableRow(
            (
                Cell(pair.better),
                Cell(pair.worse),
                percent(pair.difference, signed=True),
                _interval(pair),
                percent(pair.detectable),
                p_value(pair.p),
                Cell("different" if pair.significant else "tied"),
            )
        )
        for pair in board.pairs
    ]
    return Table(
        name,
        f"Leaderboard, {level}: every pair" if level else "Leaderboard: every pair",
        ("run", "against", "difference", "95 % interval", "detectable", "p (Holm)", "verdict"),
        tuple(rows),
        "Differences in points, on the same items. Detectable: the smallest true difference that "
        "these items would show with a power of 80 %. Where no difference varies from item to "
        "item, p is the exact sign test's over clusters.",
    )


def _interval(pair: RunPair) -> Cell:
    if not np.isfinite(pair.low):
        return NOT_AVAILABLE
    return Cell(f"{pair.low * 100:+.1f} to {pair.high * 100:+.1f}")
