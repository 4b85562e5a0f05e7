"""What the command prints: the tables of a report, in plain text."""

from collections.abc import Sequence

import numpy as np

from ptr_eval.report.data.judged_rounds import figures_of
from ptr_eval.report.tables.judged_rounds import (
    judged_lengths_table,
    judged_rounds_table,
    judges_table,
    sentences,
)
from ptr_eval.report.tables.table import Table
from ptr_eval.runs.judgements import Judgement

_SEED = 1234


def told(judgements: Sequence[Judgement]) -> list[str]:
    """Say what judges made of a run, line by line."""
    rng = np.random.default_rng(_SEED)
    judged = [figures_of(one.models[0], one, rng) for one in judgements]
    tables = (judged_rounds_table(judged), judged_lengths_table(judged), judges_table(judged))
    return [*(line for table in tables for line in (*upright(table), "")), *sentences(judged)]


def upright(table: Table) -> list[str]:
    """Write a table with one line a column, a column a row: there are more columns than fit."""
    lines = [[name, *cells] for name, cells in zip(table.columns, _columns(table), strict=True)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return [f"{table.title}:", *(line.rstrip() for line in padded)]


def _columns(table: Table) -> list[list[str]]:
    return [[row.cells[at].text for row in table.rows] for at in range(len(table.columns))]
