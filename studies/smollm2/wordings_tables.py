"""The table of wordings: as CSV, and as Markdown in the report."""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .wordings_figures import Figures, figures_of
from .wordings_files import kept
from .wordings_questions import TASKS, templates_of

PARTS = {"compared": range(200), "confirmed": range(200, 400)}
"""The questions on which wordings are compared, and others on which the chosen one is confirmed."""
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table."""

    part: str
    chosen: bool
    figures: Figures


def lines_of(out: Path, data: Path, embedder: str) -> Iterator[Line]:
    """Score all kept answers: by task, wording and part."""
    for task in TASKS:
        for wording in ("v1", *(name for name in templates_of(task) if name != "v1")):
            rows = kept(out / "answers" / f"{task}.{wording}.jsonl")
            for part, places in PARTS.items():
                mine = [rows[place] for place in places if place in rows]
                if mine:
                    figures = figures_of(task, wording, mine, data, embedder)
                    yield Line(part, templates_of(task)["newest"] == mine[0]["template"], figures)
