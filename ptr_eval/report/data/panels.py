"""Panels: the tidy table cut into one block of arrays per run and task.

Statistics, tables and plots all work on panels, so each question ("what did round 3 change?")
is a few lines of arithmetic on arrays whose axes are items, samples and rounds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ptr_eval.report.data.outcomes import count_outcomes, existing, why_no_claim
from ptr_eval.runs import RunLabel
from ptr_eval.stats import VERDICTS, recorded_mean
from ptr_eval.stats.arrays import Bools, Codes
from ptr_eval.stats.arrays import Floats as Floats

VERDICT_HEADINGS = ("correct", "wrong", "no answer")
"""What tables and plots call `stats.VERDICTS`, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """All answers that one run gave to one task; N items, S samples of each, T rounds.

    A request that failed or was refused left no answer: it is nothing recorded in every array, and
    counted in `outcomes` alone. Figures that compare rounds take them from `complete`. Where a
    round asks several answers at once, its score is their mean, and its verdict is the worst of
    them, which says little: see `width`.
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
    outcomes: Codes
    """How many requests of each round had each of `OUTCOMES`. [T, 5]"""
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
    def correct(self) -> Floats:
        """1 where an answer is correct, 0 where not, nan where there is none: [N, S, T]."""
        right = self.verdicts == VERDICTS.index("correct")
        return np.where(self.verdicts >= 0, right, np.nan)

    @property
    def binary(self) -> bool:
        """Whether the recorded scores are verdicts: 1 for correct, 0 for anything else."""
        known = ~np.isnan(self.scores)
        return bool(np.array_equal(self.scores[known], self.correct[known]))

    def complete(self, *rounds: int) -> "Panel":
        """Keep the dialogues that have answers in all of these rounds, counted from 0.

        All that compares rounds is computed over these: other dialogues are nothing recorded, and
        items without any are left out. Without `rounds`, all are meant.
        """
        chosen = self.scores[:, :, list(rounds) or slice(None)]
        whole: Bools = np.asarray(~np.isnan(chosen).any(axis=2))
        items: Bools = np.asarray(whole.any(axis=1))
        changed: dict[str, Any] = {
            name: np.where(whole[:, :, None], getattr(self, name), nothing)[items]
            for name, nothing in _BLANK.items()
        }
        changed |= {name: getattr(self, name)[items] for name in ("items", "subjects", "clusters")}
        return replace(self, **changed)

    def no_claim(self, last: int, first: int = 0) -> str:
        """Say why answers of a round, counted from 0, allow no claim; empty if they do.

        Answers rest on those of the rounds before, so all from the first one compared count.
        """
        return why_no_claim(list(self.outcomes[first : last + 1]))


_BLANK = {
    "verdicts": -1, "answers": -1, "kept": np.nan, "scores": np.nan, "generated_tokens": np.nan,
    "prompt_tokens": np.nan, "cached_tokens": np.nan, "seconds": np.nan,
}  # fmt: skip
"""What stands in an array of [N, S, T] where nothing is recorded."""


def panels(table: pd.DataFrame, labels: Mapping[str, RunLabel] | None = None) -> list[Panel]:
    """Cut a tidy table into panels; labels by run say more of a run than the table does."""
    groups = table.groupby(["run", "task"], sort=False, observed=True)
    return [_panel(rows, label_of(rows.iloc[0], labels)) for _, rows in groups]


def of_task(all_panels: Sequence[Panel], task: str) -> list[Panel]:
    """Pick one task's panels."""
    return [panel for panel in all_panels if panel.task == task]


def tasks_of(all_panels: Sequence[Panel]) -> list[str]:
    """List the tasks that panels cover."""
    return list(dict.fromkeys(panel.task for panel in all_panels))


def label_of(row: pd.Series, labels: Mapping[str, RunLabel] | None = None) -> RunLabel:
    """Tell whose answer a row of the tidy table is."""
    if labels is not None:
        return labels[str(row["run"])]
    return RunLabel(
        run=str(row["run"]),
        checkpoint=str(row["checkpoint"]),
        method=str(row["method"]),
        instruction=str(row["instruction"]),
        step=None if pd.isna(row["step"]) else int(row["step"]),
    )


def _panel(rows: pd.DataFrame, label: RunLabel) -> Panel:
    first = rows.iloc[0]
    items, item_at = np.unique(rows["item"].to_numpy(), return_inverse=True)
    samples, sample_at = np.unique(rows["sample"].to_numpy(), return_inverse=True)
    round_at = rows["round"].to_numpy().astype(np.int64) - 1
    shape = (len(items), len(samples), int(round_at.max()) + 1)
    cells = np.ravel_multi_index((item_at, sample_at, round_at), shape)
    opening = np.full(len(items), -1)
    opening[item_at[::-1]] = np.arange(len(rows))[::-1]
    there = existing(rows)
    answered = _Cells(rows[there], cells[there], shape)
    return Panel(
        label=label,
        task=str(first["task"]),
        scorer=str(first["scorer"]),
        items=items.astype(np.int64),
        subjects=rows["subject"].astype(str).to_numpy()[opening],
        clusters=rows["cluster"].astype(str).to_numpy()[opening],
        verdicts=answered.worst(answered.rows["verdict"].cat.codes.to_numpy().astype(np.int64)),
        answers=answered.worst(_codes(answered.rows["answer"])),
        kept=answered.mean("kept"),
        scores=answered.mean("score"),
        generated_tokens=answered.total("generated_tokens"),
        prompt_tokens=answered.total("prompt_tokens"),
        # Time passes and caches are read for requests that come to nothing, too.
        cached_tokens=_Cells(rows, cells, shape).total("cached_tokens"),
        seconds=_Cells(rows, cells, shape).total("seconds"),
        outcomes=np.stack(
            [count_outcomes(rows["outcome"][round_at == t]) for t in range(shape[2])]
        ),
        width=int(np.bincount(cells).max()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Rows of a tidy table, and in which cell of a panel's arrays each one belongs."""

    rows: pd.DataFrame
    at: Codes
    shape: tuple[int, int, int]

    def counts(self) -> Codes:
        return np.bincount(self.at, minlength=int(np.prod(self.shape)))

    def total(self, name: str) -> Floats:
        values = self.rows[name].to_numpy(dtype=float, na_value=np.nan)
        sums = np.bincount(self.at, weights=values, minlength=int(np.prod(self.shape)))
        return np.where(self.counts() > 0, sums, np.nan).reshape(self.shape)

    def mean(self, name: str) -> Floats:
        return self.total(name) / np.maximum(self.counts(), 1).reshape(self.shape)

    def worst(self, codes: Codes) -> Codes:
        found = np.full(int(np.prod(self.shape)), -1)
        np.maximum.at(found, self.at, codes)
        return found.reshape(self.shape)


def _codes(answers: pd.Series) -> Codes:
    codes, _ = pd.factorize(answers, use_na_sentinel=True)
    return np.asarray(codes, dtype=np.int64)
