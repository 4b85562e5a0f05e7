"""Panels: the tidy table cut into one block of arrays per run and task.

Statistics, tables and plots all work on panels, so each question ("what did round 3 change?")
is a few lines of arithmetic on arrays whose axes are items, samples and rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ptr_eval.runs import RunLabel
from ptr_eval.stats import VERDICTS, recorded_mean
from ptr_eval.stats.arrays import Codes
from ptr_eval.stats.arrays import Floats as Floats

VERDICT_HEADINGS = ("correct", "wrong", "no answer")
"""What tables and plots call `stats.VERDICTS`, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """All answers that one run gave to one task; N items, S samples of each, T rounds.

    Where a round asks several answers at once, its score is their mean, and its verdict is the
    worst of them, which says little: see `width`.
    """

    label: RunLabel
    """Whose answers they are."""
    task: str
    """The task."""
    scorer: str
    """The scorer whose verdicts these are."""
    items: Codes
    """Item numbers, ascending. [N]"""
    subjects: npt.NDArray[np.str_]
    """Each item's subject; empty where it has none. [N]"""
    clusters: npt.NDArray[np.str_]
    """Each item's cluster for standard errors, such as its passage; items of their own are
    clusters of one. [N]"""
    verdicts: Codes
    """Indices into `stats.VERDICTS`; -1 where nothing is recorded. [N, S, T]"""
    answers: Codes
    """Codes of the extracted answers, equal codes for equal texts within an item; -1 for none. [N,
    S, T]"""
    kept: Floats
    """1 where an answer only confirms an earlier one, else 0; nan where nothing is recorded. [N, S,
    T]"""
    scores: Floats
    """The scorer's value, between 0 and 1; nan where nothing is recorded. [N, S, T]"""
    generated_tokens: Floats
    """Tokens that each answer took. [N, S, T]"""
    prompt_tokens: Floats
    """Tokens that each prompt took. [N, S, T]"""
    cached_tokens: Floats
    """Those of the prompt tokens that came from the backend's cache; nan where it does not tell.
    [N, S, T]"""
    seconds: Floats
    """Wall-clock seconds; nan where not recorded. [N, S, T]"""
    width: int = 1
    """The most answers that a round asks at once."""

    @property
    def rounds(self) -> int:
        """The number T of rounds."""
        return int(self.scores.shape[2])

    @property
    def item_scores(self) -> Floats:
        """Each item's score per round, the mean over its samples: [N, T]."""
        return recorded_mean(self.scores, axis=1)

    @property
    def accuracy(self) -> Floats:
        """The mean score per round: [T]."""
        return recorded_mean(self.item_scores, axis=0)

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether each answer is correct: [N, S, T]."""
        return np.asarray(self.verdicts == VERDICTS.index("correct"))

    @property
    def binary(self) -> bool:
        """Whether the recorded scores are verdicts: 1 for correct, 0 for anything else."""
        known = ~np.isnan(self.scores)
        return bool(np.array_equal(self.scores[known], self.correct[known].astype(float)))


def panels(table: pd.DataFrame) -> list[Panel]:
    """Cut a tidy table into panels."""
    groups = table.groupby(["run", "task"], sort=False, observed=True)
    return [_panel(rows) for _, rows in groups]


def of_task(all_panels: Sequence[Panel], task: str) -> list[Panel]:
    """Pick one task's panels."""
    return [panel for panel in all_panels if panel.task == task]


def tasks_of(all_panels: Sequence[Panel]) -> list[str]:
    """List the tasks that panels cover."""
    return list(dict.fromkeys(panel.task for panel in all_panels))


def label_of(row: pd.Series) -> RunLabel:
    """Read off a row of the tidy table whose answer it is."""
    return RunLabel(
        run=str(row["run"]),
        checkpoint=str(row["checkpoint"]),
        method=str(row["method"]),
        instruction=str(row["instruction"]),
        step=None if pd.isna(row["step"]) else int(row["step"]),
    )


def _panel(rows: pd.DataFrame) -> Panel:
    first = rows.iloc[0]
    items, item_at = np.unique(rows["item"].to_numpy(), return_inverse=True)
    samples, sample_at = np.unique(rows["sample"].to_numpy(), return_inverse=True)
    round_at = rows["round"].to_numpy().astype(np.int64) - 1
    shape = (len(items), len(samples), int(round_at.max()) + 1)
    cells = np.ravel_multi_index((item_at, sample_at, round_at), shape)
    opening = np.full(len(items), -1)
    opening[item_at[::-1]] = np.arange(len(rows))[::-1]
    counts = np.bincount(cells, minlength=int(np.prod(shape)))

    def total(name: str) -> Floats:
        values = rows[name].to_numpy(dtype=float, na_value=np.nan)
        sums = np.bincount(cells, weights=values, minlength=len(counts))
        return np.where(counts > 0, sums, np.nan).reshape(shape)

    def worst(codes: Codes) -> Codes:
        found = np.full(len(counts), -1)
        np.maximum.at(found, cells, codes)
        return found.reshape(shape)

    return Panel(
        label=label_of(first),
        task=str(first["task"]),
        scorer=str(first["scorer"]),
        items=items.astype(np.int64),
        subjects=rows["subject"].astype(str).to_numpy()[opening],
        clusters=rows["cluster"].astype(str).to_numpy()[opening],
        verdicts=worst(rows["verdict"].cat.codes.to_numpy().astype(np.int64)),
        answers=worst(_codes(rows["answer"])),
        kept=total("kept") / np.maximum(counts, 1).reshape(shape),
        scores=total("score") / np.maximum(counts, 1).reshape(shape),
        generated_tokens=total("generated_tokens"),
        prompt_tokens=total("prompt_tokens"),
        cached_tokens=total("cached_tokens"),
        seconds=total("seconds"),
        width=int(counts.max()),
    )


def _codes(answers: pd.Series) -> Codes:
    codes, _ = pd.factorize(answers, use_na_sentinel=True)
    return np.asarray(codes, dtype=np.int64)
