"""Cutting the tidy table into group panels, one per run and task."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ptr_eval.report.data.groups import DataQuality, GroupOrigin, GroupPanel, TokenCounts
from ptr_eval.report.data.outcomes import count_outcomes, existing
from ptr_eval.report.data.panels import label_of
from ptr_eval.runs import RunLabel, Selection
from ptr_eval.stats import CandidateGroups, counted_groups
from ptr_eval.stats.arrays import Bools, Codes, Floats


def group_panels(
    table: pd.DataFrame,
    origins: Mapping[tuple[str, str], GroupOrigin],
    labels: Mapping[str, RunLabel] | None = None,
) -> list[GroupPanel]:
    """Cut a tidy table into group panels; labels by run say more of a run than the table does."""
    found = []
    for (run, task), rows in table.groupby(["run", "task"], sort=False, observed=True):
        if (rows["round"] == 1).any():
            label = label_of(rows.iloc[0], labels)
            panel = _panel(rows, label, origins[str(run), str(task)])
            if panel.size > 1:
                found.append(panel)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """One round's answers laid out by item, group and position."""

    at: tuple[Codes, Codes, Codes]
    shape: tuple[int, int, int]
    rows: pd.DataFrame
    asked: pd.DataFrame
    """The rows, and those of requests that came to nothing."""

    def spread(self, name: str, missing: float = np.nan) -> Floats:
        """Lay out a column."""
        values = np.full(self.shape, missing)
        values[self.at] = self.rows[name].to_numpy(dtype=float, na_value=np.nan)
        return values

    def token_counts(self) -> TokenCounts:
        names = ("prompt_tokens", "generated_tokens", "visible_tokens")
        return TokenCounts(*(self.spread(name) for name in names))

    def correct(self, missing: float) -> Floats:
        values = np.full(self.shape, missing)
        values[self.at] = (self.rows["verdict"] == "correct").to_numpy(dtype=float)
        return values

    def recorded(self) -> Bools:
        there = np.zeros(self.shape, dtype=bool)
        there[self.at] = True
        return there

    def count(self, name: str) -> int:
        return int(self.rows[name].sum())


def _panel(rows: pd.DataFrame, label: RunLabel, origin: GroupOrigin) -> GroupPanel:
    items, item_at = np.unique(rows["item"].to_numpy(), return_inverse=True)
    samples, sample_at = np.unique(rows["sample"].to_numpy(), return_inverse=True)
    position_at = rows["position"].to_numpy().astype(np.int64)
    opening, following = (rows["round"].to_numpy() == number for number in (1, 2))
    if not position_at[opening].any():
        position_at, sample_at = sample_at, np.zeros_like(sample_at)
        samples, following = np.array([-1]), np.zeros_like(following)

    there = existing(rows)

    def block(asked: Bools) -> _Block:
        shape = (len(items), len(samples), int(position_at[asked].max(initial=-1)) + 1)
        chosen = asked & there
        at = (item_at[chosen], sample_at[chosen], position_at[chosen])
        return _Block(at, shape, rows[chosen], rows[asked])

    candidates, refined = block(opening), block(following)
    present = np.asarray(candidates.recorded().all(axis=-1))
    asked = np.zeros_like(present)
    asked[item_at[opening], sample_at[opening]] = True
    solving, refining = candidates.token_counts(), refined.token_counts()
    groups = CandidateGroups(
        classes=candidates.spread("class", -1).astype(np.int64),
        correct=candidates.correct(0) > 0,
        refined=refined.correct(np.nan),
        candidate_tokens=solving.prompt + solving.generated,
        refined_tokens=refining.prompt + refining.generated,
        present=present,
    )
    first = rows.iloc[0]
    return GroupPanel(
        label=label,
        task=str(first["task"]),
        scorer=str(first["scorer"]),
        origin=origin,
        items=items.astype(np.int64),
        samples=samples.astype(np.int64),
        groups=groups,
        solving=solving,
        refining=refining,
        selected={
            f"BoN@{chosen.size} ({chosen.name})": _selected(groups, items, samples, chosen)
            for chosen in origin.selections
        },
        quality=_quality(candidates, refined, int((asked & ~present).sum())),
    )


def _selected(groups: CandidateGroups, items: Codes, samples: Codes, chosen: Selection) -> Floats:
    """Score a selection, on the groups that count; none chosen is wrong."""
    counted, correct = counted_groups(groups), groups.correct
    if samples[0] < 0:  # A pool, which was chosen from by groups of consecutive samples.
        whole = correct.shape[-1] // chosen.size
        correct = correct[:, 0, : whole * chosen.size].reshape(len(items), whole, chosen.size)
        counted, samples = np.repeat(counted, whole, axis=1), np.arange(whole)
    values = np.full(counted.shape, np.nan)
    for (item, sample), position in chosen.chosen.items():
        at = np.nonzero(items == item)[0], np.nonzero(samples == sample)[0]
        values[at] = 0.0 if position is None else correct[*at, position]
    return np.where(counted & chosen.measured, values, np.nan)


def _quality(candidates: _Block, refined: _Block, unfinished: int) -> DataQuality:
    return DataQuality(
        unfinished=unfinished,
        candidates=count_outcomes(candidates.asked["outcome"]),
        no_answer=int((candidates.rows["class"] < 0).sum()),
        full=float(candidates.rows["at_limit"].sum(min_count=1)),
        shortened=refined.count("shortened_candidates"),
        truncated=refined.count("truncated"),
        refined=count_outcomes(refined.asked["outcome"]),
        refined_no_answer=int((refined.rows["class"] < 0).sum()),
        refined_kept=refined.count("kept"),
    )
