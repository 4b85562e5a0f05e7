"""What every run of the study answered, question by question."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ptr_eval.report import RunEntry
from ptr_eval.report.data.tidy import build
from ptr_eval.runs import find_tasks
from ptr_eval.stats import majority_curve

from .arms import TASKS, Ask

Floats = npt.NDArray[np.float64]


def read(study: Path, asks: Sequence[Ask]) -> pd.DataFrame:
    """Read one row an answer, under each task's headline scorer, of the runs that there are."""
    entries = [
        RunEntry(path=study / "results" / ask.name, name=ask.name)
        for ask in asks
        if (study / "steps" / f"ask-{ask.name}.json").exists()
    ]
    if not entries:
        raise ValueError(f"no run has ended in {study}")
    frame = build(find_tasks(entries), {}).frame
    first = frame.groupby("task", observed=True)["scorer"].transform("first")
    return frame[frame["scorer"].astype(str) == first.astype(str)]


def scores(frame: pd.DataFrame, run: str, tasks: Sequence[str] = TASKS) -> Floats:
    """Give a run's scores [N, T], the tasks' questions one after the other."""
    return np.concatenate([_cells(frame, run, task, "score") for task in tasks])


def unparsed(frame: pd.DataFrame, run: str, task: str) -> Floats:
    """Tell where no answer was found, by question and round [N, T]."""
    return _cells(frame.assign(lost=frame["verdict"] == "unparsed"), run, task, "lost")


def vote(frame: pd.DataFrame, run: str, voters: int, tasks: Sequence[str] = TASKS) -> Floats:
    """Give the worth [N] of a vote of so many of a run's rounds, over all choices of them."""
    worth: list[float] = []
    for task in tasks:
        rows = _rows(frame, run, task)
        for _, of_item in rows.groupby("item"):
            classes = of_item["class"].to_numpy(dtype=int)
            correct = (of_item["verdict"] == "correct").to_numpy(dtype=float)
            worth.append(float(majority_curve(classes, correct)[voters - 1]))
    return np.array(worth)


def tokens(frame: pd.DataFrame, run: str, rounds: int, column: str) -> float:
    """Give the mean tokens of a question's first rounds."""
    rows = frame[(frame["run"] == run) & (frame["round"] <= rounds)]
    asked = rows.groupby(["task", "item"], observed=True).ngroups
    return float(rows[column].sum() / asked)


def _rows(frame: pd.DataFrame, run: str, task: str) -> pd.DataFrame:
    chosen: Any = (frame["run"] == run) & (frame["task"] == task)
    return frame[chosen].sort_values(["item", "round"])


def _cells(frame: pd.DataFrame, run: str, task: str, column: str) -> Floats:
    cells = _rows(frame, run, task).pivot_table(index="item", columns="round", values=column)
    return cells.to_numpy(dtype=float)
