"""Group panels: the tidy table cut into candidates and what was made of them, per run and task.

A group is what one sample of an item asks in parallel: k candidates in round 1, and the answers
refined from them in round 2. A run that asks once a round, but several samples of each item, has
one group of all its samples and nothing refined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ptr_eval.report.data.panels import label_of
from ptr_eval.runs import RunLabel, Selection
from ptr_eval.stats import CandidateGroups, counted_groups

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run and task is known by beside its answers."""

    settings: Mapping[str, Any]
    """The task's settings, such as `candidates`, `order` and `aggregator`."""
    candidates_by: str = ""
    """The model that gave the candidates, where they were taken from a run of another one; empty
    if the run's own model did."""
    selections: Sequence[Selection] = ()
    """What reward models and judges chose among the candidates."""


@dataclass(frozen=True, slots=True, eq=False)
class Lengths:
    """What answers took, in tokens; nan where not recorded. A is k candidates or R refined ones."""

    prompt: Floats
    """Tokens of the prompt. [N, G, A]"""
    generated: Floats
    """Tokens of the whole answer. [N, G, A]"""
    visible: Floats
    """Those of the text after the thinking block. [N, G, A]"""


@dataclass(frozen=True, slots=True)
class Mishaps:
    """How many answers are not what was asked for."""

    unfinished: int
    """Groups that lack candidates, and are left out."""
    failed: int
    """Candidates whose request failed."""
    unparsed: int
    """Candidates without an extracted answer, failed ones included."""
    wordless: int
    """Candidates without a text after the thinking block, which are not shown when refining,
    failed ones included."""
    full: float
    """Candidates that reached their token limit; nan if that is not recorded."""
    shortened: int
    """Texts of candidates that were cut to fit into a refining prompt."""
    prompts_cut: int
    """Refining prompts that show less than was asked, on that or another ground."""
    refined_failed: int
    """Refined answers whose request failed."""
    refined_unparsed: int
    """Refined answers without an extracted answer, failed ones included."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupPanel:
    """The groups of one run and task; N items, up to G groups of each, k candidates, R refined."""

    label: RunLabel
    """Whose answers they are."""
    task: str
    """The task."""
    scorer: str
    """The scorer whose verdicts these are."""
    origin: Origin
    """What is known of the run beside its answers."""
    items: Codes
    """Item numbers, ascending. [N]"""
    samples: Codes
    """The number of the sample that is each item's g-th group; -1 for a pool of all samples. [G]"""
    groups: CandidateGroups
    """Candidates and refined answers, as the statistics read them."""
    solving: Lengths
    """What candidates took."""
    refining: Lengths
    """What refined answers took."""
    selected: Mapping[str, Floats]
    """By selection, such as `BoN@4 (NAME)`, whether the chosen candidate is correct; nan where
    nothing was chosen from. [N, G], or [N, g] for g smaller groups of a pool"""
    mishaps: Mishaps
    """How many answers are not what was asked for."""

    @property
    def size(self) -> int:
        """The number k of candidates in a group."""
        return int(self.groups.classes.shape[-1])

    @property
    def pooled(self) -> bool:
        """Whether the candidates are samples that were asked one by one, nothing being refined."""
        return bool(self.samples[0] < 0)

    @property
    def refined(self) -> bool:
        """Whether any refined answer is recorded."""
        return not bool(np.isnan(self.groups.refined).all())

    @property
    def refiner(self) -> str:
        """The other model that refined; empty if it was the one that gave the candidates."""
        other = self.origin.settings.get("aggregator")
        if other:
            return str(other).rpartition(":")[2].rstrip("/").rpartition("/")[2]
        return self.label.checkpoint if self.origin.candidates_by else ""


def group_panels(
    table: pd.DataFrame, origins: Mapping[tuple[str, str], Origin]
) -> list[GroupPanel]:
    """Cut a tidy table into group panels."""
    found = []
    for (run, task), rows in table.groupby(["run", "task"], sort=False, observed=True):
        if (rows["round"] == 1).any():
            panel = _panel(rows, origins[str(run), str(task)])
            if panel.size > 1:
                found.append(panel)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """One round's answers laid out by item, group and position."""

    at: tuple[Codes, Codes, Codes]
    shape: tuple[int, int, int]
    rows: pd.DataFrame

    def spread(self, name: str, missing: float = np.nan) -> Floats:
        """Lay out a column."""
        values = np.full(self.shape, missing)
        values[self.at] = self.rows[name].to_numpy(dtype=float, na_value=np.nan)
        return values

    def lengths(self) -> Lengths:
        names = ("prompt_tokens", "generated_tokens", "visible_tokens")
        return Lengths(*(self.spread(name) for name in names))

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


def _panel(rows: pd.DataFrame, origin: Origin) -> GroupPanel:
    items, item_at = np.unique(rows["item"].to_numpy(), return_inverse=True)
    samples, sample_at = np.unique(rows["sample"].to_numpy(), return_inverse=True)
    position_at = rows["position"].to_numpy().astype(np.int64)
    opening, following = (rows["round"].to_numpy() == number for number in (1, 2))
    if not position_at[opening].any():
        position_at, sample_at = sample_at, np.zeros_like(sample_at)
        samples, following = np.array([-1]), np.zeros_like(following)

    def block(chosen: Bools) -> _Block:
        at = (item_at[chosen], sample_at[chosen], position_at[chosen])
        shape = (len(items), len(samples), int(position_at[chosen].max(initial=-1)) + 1)
        return _Block(at, shape, rows[chosen])

    candidates, refined = block(opening), block(following)
    recorded = candidates.recorded()
    present = np.asarray(recorded.all(axis=-1))
    solving, refining = candidates.lengths(), refined.lengths()
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
        label=label_of(first),
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
        mishaps=_mishaps(candidates, refined, int((recorded.any(axis=-1) & ~present).sum())),
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
    return np.where(counted, values, np.nan)


def _mishaps(candidates: _Block, refined: _Block, unfinished: int) -> Mishaps:
    return Mishaps(
        unfinished=unfinished,
        failed=candidates.count("failed"),
        unparsed=int((candidates.rows["class"] < 0).sum()),
        wordless=int((candidates.rows["visible_tokens"] == 0).sum()),
        full=float(candidates.rows["full"].sum(min_count=1)),
        shortened=refined.count("shortened"),
        prompts_cut=refined.count("cut"),
        refined_failed=refined.count("failed"),
        refined_unparsed=int((refined.rows["class"] < 0).sum()),
    )
