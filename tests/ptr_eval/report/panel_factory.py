"""Panels spelt as letters, and eyes for the tables made of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ptr_eval.report.data.outcomes import OUTCOMES
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.table import Cell, Table
from ptr_eval.runs import RunLabel

_LETTERS = {"c": 0, "w": 1, "u": 2, "-": -1, "x": -1}

SPELT = st.tuples(st.integers(1, 5), st.integers(1, 2), st.integers(1, 4)).flatmap(
    lambda shape: st.lists(
        st.lists(
            st.text("cwux-", min_size=shape[2], max_size=shape[2]),
            min_size=shape[1],
            max_size=shape[1],
        ).map("/".join),
        min_size=shape[0],
        max_size=shape[0],
    )
)
"""Items as `made` reads them."""


def made(*items: str, run: str = "run", task: str = "task", **arrays: Any) -> Panel:
    """Spell a panel: a word an item, a letter a round (c, w, u), / between samples.

    x is a request that failed, - one that was never made. Correct answers are 0 and wrong ones 1;
    answer i of all takes 10 + i tokens.
    """
    verdicts = np.array([[[_LETTERS[v] for v in s] for s in item.split("/")] for item in items])
    missing = verdicts < 0
    blank = np.where(missing, np.nan, 0.0)
    fields = {
        "items": np.arange(len(items)),
        "subjects": np.full(len(items), ""),
        "clusters": np.array([f"item {i}" for i in range(len(items))]),
        "verdicts": verdicts,
        "answers": np.where(verdicts == 2, -1, verdicts),
        "kept": blank,
        "scores": blank + (verdicts == 0),
        "generated_tokens": blank + 10 + np.arange(verdicts.size).reshape(verdicts.shape),
        "prompt_tokens": blank + 100,
        "cached_tokens": np.full(verdicts.shape, np.nan),
        "seconds": np.full(verdicts.shape, np.nan),
    }
    letters = np.array([[list(s) for s in item.split("/")] for item in items]).reshape(
        -1, verdicts.shape[2]
    )
    fields["outcomes"] = np.zeros((verdicts.shape[2], len(OUTCOMES)), dtype=np.int64)
    fields["outcomes"][:, OUTCOMES.index("answered")] = np.isin(letters, list("cwu")).sum(axis=0)
    fields["outcomes"][:, OUTCOMES.index("failed")] = (letters == "x").sum(axis=0)
    given = {name: np.asarray(array) for name, array in arrays.items()}
    return Panel(RunLabel(run, "checkpoint", "PTR"), task, "exact", **{**fields, **given})


def column(table: Table, heading: str) -> list[str]:
    """Read a column as printed."""
    return [cell.text for cell in cells(table, heading)]


def cells(table: Table, heading: str) -> list[Cell]:
    """Pick a column's cells."""
    return [row.cells[table.columns.index(heading)] for row in table.rows]


def assert_sound(tables: Sequence[Table]) -> None:
    """Check that rows fit the headings, and that no number without meaning is shown."""
    for table in tables:
        for row in table.rows:
            assert len(row.cells) == len(table.columns)
            for cell in row.cells:
                assert cell.text
                assert "nan" not in cell.text
                assert "inf" not in cell.text
                assert not cell.text.startswith("-0.0") or cell.text.strip("-0.")
                assert cell.value is None or np.isfinite(cell.value)
