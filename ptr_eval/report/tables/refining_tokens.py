"""The tokens of refining compared with those of solving (GSR, Table 4)."""

from collections.abc import Iterator, Sequence

import numpy as np

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.report.papers import gsr
from ptr_eval.report.tables.number_format import NOT_AVAILABLE, number, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import recorded_mean
from ptr_eval.stats.arrays import Floats

_COLUMNS = (
    "task", "run", "k", "solving directly", "of them summary", "summary (%)",
    "refining", "of them summary", "reduction (%)", "prompt of solving", "prompt of refining",
)  # fmt: skip

_NOTE = (
    "Mean tokens generated for an answer, over questions; the summary is what follows the "
    "thinking block, and all that is shown when refining. The reduction is by how much fewer "
    "a refined answer takes than a candidate; the k candidates come before it in any case."
)
_ABOUT_PUBLISHED = " Published rows: Learning to Refine (arXiv 2509.00084), Table 4."


def tokens_table(measured: Sequence[GroupMeasures], *, published: bool = False) -> Table:
    """Tabulate the tokens of runs that refined, or that record their summaries."""
    panels = [
        one.panel
        for one in measured
        if one.panel.refined or not np.isnan(one.panel.solving.visible).all()
    ]
    rows = [TableRow(tuple(_cells(panel))) for panel in panels]
    if published:
        rows += [TableRow(_published(*each), published=True) for each in gsr.tokens().items()]
    return Table(
        "refining-tokens",
        "Tokens of refining and of solving directly",
        _COLUMNS,
        tuple(rows),
        _NOTE + _ABOUT_PUBLISHED * published,
    )


def _cells(panel: GroupPanel) -> Iterator[Cell]:
    def mean(tokens: Floats) -> float:
        return float(recorded_mean(panel.tokens_by_question(tokens), axis=0))

    solving, refining = panel.solving, panel.refining
    direct, refined = mean(solving.generated), mean(refining.generated)
    summary = mean(solving.visible)
    yield from (Cell(panel.task), Cell(panel.label.name), number(panel.size))
    yield from (number(direct), number(summary), percent(_share(summary, direct)))
    yield from (number(refined), number(mean(refining.visible)))
    yield percent(1 - _share(refined, direct))
    yield from (number(mean(solving.prompt)), number(mean(refining.prompt)))


def _published(name: str, tokens: gsr.PublishedTokens) -> tuple[Cell, ...]:
    return (
        Cell(name),
        Cell(gsr.NAME),
        number(gsr.SIZE),
        number(tokens.direct),
        *(NOT_AVAILABLE,) * 2,
        number(tokens.refining),
        NOT_AVAILABLE,
        number(tokens.reduction, 1),
        *(NOT_AVAILABLE,) * 2,
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
