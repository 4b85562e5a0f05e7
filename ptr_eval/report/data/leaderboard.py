"""Rank runs, and test which differ significantly."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ptr_eval.report.data.comparable import Conditions, Incomparable, check
from ptr_eval.report.data.panels import Panel, of_task, tasks_of
from ptr_eval.runs import RunLabel
from ptr_eval.stats import (
    bootstrap_means,
    clustered_error,
    detectable,
    holm,
    percentile_interval,
    recorded_mean,
)
from ptr_eval.stats.arrays import Floats

ALPHA = 0.05
"""Two runs differ significantly if their Holm-adjusted p-value is below this."""


@dataclass(frozen=True, slots=True)
class RunPair:
    """Two runs compared on the same items."""

    better: str
    """The run with the higher score."""
    worse: str
    """The other."""
    difference: float
    """How much higher it is, from 0 to 1."""
    low: float
    """The difference's 95 % interval begins here."""
    high: float
    """It ends here."""
    p: float
    """The two-sided p-value, Holm-adjusted over all pairs; nan where there is no test."""
    detectable: float
    """The smallest difference that these items show with a power of 80 %."""

    @property
    def significant(self) -> bool:
        """Whether the difference is more than noise."""
        return self.p < ALPHA


@dataclass(frozen=True, slots=True)
class RankedRun:
    """A run on the leaderboard."""

    label: RunLabel
    """The run."""
    rank: int
    """One more than the number of runs that are significantly better."""
    ranks: tuple[int, int]
    """The 95 % interval of its place by score, over resamples of the items."""
    tied: tuple[str, ...]
    """The runs that do not differ significantly from it."""
    score: float
    """The mean over tasks of their scores, from 0 to 1."""
    low: float
    """Its 95 % interval begins here."""
    high: float
    """It ends here."""
    by_task: tuple[float, ...]
    """The score on each task."""
    tokens: float
    """Mean number of tokens generated per item, all rounds up to the one ranked."""


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Runs in order of their scores."""

    tasks: tuple[str, ...]
    """The tasks that all of them did."""
    standings: tuple[RankedRun, ...]
    """The runs, best first."""
    pairs: tuple[RunPair, ...]
    """All pairs of runs."""
    notes: tuple[str, ...]
    """What a reader must know."""


@dataclass(frozen=True, slots=True, eq=False)
class _TaskScores:
    """What all runs scored on the items that all of them did."""

    values: Floats  # [items, runs]
    clusters: npt.NDArray[np.str_]
    tokens: Floats  # [runs]


def leaderboard(
    panels: Sequence[Panel],
    conditions: Sequence[Conditions],
    *,
    rng: np.random.Generator,
    round: int | None = None,
    allow: Collection[str] = (),
    resamples: int = 10_000,
) -> Leaderboard:
    """Rank runs by their mean score over tasks, each task weighing the same.

    Intervals of scores and ranks come from a bootstrap that draws the same clusters of items for
    all runs. Pairs are tested by d / SE(d) with the standard error of the paired difference
    clustered per task, SE(d) = sqrt(sum of the tasks' squared errors) / number of tasks (Miller
    2024, section 4.2): unlike a bootstrap p-value it resolves the small p-values that Holm's
    correction over many pairs needs.
    """
    labels = list({panel.label.run: panel.label for panel in panels}.values())
    tasks = [task for task in tasks_of(panels) if len(of_task(panels, task)) == len(labels)]
    if not tasks:
        raise Incomparable("there is no task that all runs did.")
    notes = check([c for c in conditions if c.task in tasks], allow)
    left_out = [task for task in tasks_of(panels) if task not in tasks]
    if left_out:
        notes.insert(0, f"Not every run did {', '.join(left_out)}, so these do not count.")
    scores = [_of_task(of_task(panels, task), labels, round) for task in tasks]
    means = np.stack([recorded_mean(task.values, axis=0) for task in scores])
    draws = np.mean(
        [bootstrap_means(t.values, t.clusters, rng=rng, repeats=resamples) for t in scores], axis=0
    )
    pairs = _pairs(labels, scores, means)
    standings = _standings(labels, means, draws, pairs, scores)
    return Leaderboard(tuple(tasks), tuple(standings), tuple(pairs), tuple(notes))


def _of_task(
    panels: Sequence[Panel], labels: Sequence[RunLabel], round_: int | None
) -> _TaskScores:
    by_run = {panel.label.run: panel for panel in panels}
    ordered = [by_run[label.run] for label in labels]
    items = ordered[0].items
    for panel in ordered[1:]:
        items = np.intersect1d(items, panel.items)
    if not len(items):
        raise Incomparable(f"no item of {ordered[0].task} was done by all runs.")
    columns, tokens = [], []
    for panel in ordered:
        last = panel.rounds if round_ is None else min(round_, panel.rounds)
        at = np.searchsorted(panel.items, items)
        columns.append(panel.item_scores[at, last - 1])
        spent = np.nansum(panel.generated_tokens[at, :, :last], axis=2)
        tokens.append(float(spent.mean()))
    clusters = ordered[0].clusters[np.searchsorted(ordered[0].items, items)]
    return _TaskScores(np.stack(columns, axis=1), clusters, np.asarray(tokens))


def _pairs(
    labels: Sequence[RunLabel], scores: Sequence[_TaskScores], means: Floats
) -> list[RunPair]:
    from scipy.special import ndtr

    found = []
    overall = means.mean(axis=0)
    for a, b in combinations(np.argsort(-overall, kind="stable"), 2):
        error = _error([(t.values[:, a] - t.values[:, b], t.clusters) for t in scores])
        difference = float(overall[a] - overall[b])
        if error > 0:
            p = float(2 * ndtr(-abs(difference) / error))
        else:
            p = 1.0 if difference == 0 else float("nan")
        found.append((labels[a].run, labels[b].run, difference, error, p))
    adjusted = holm([p for *_, p in found])
    return [
        RunPair(a, b, d, d - 1.96 * error, d + 1.96 * error, p, detectable(error))
        for (a, b, d, error, _), p in zip(found, adjusted, strict=True)
    ]


def _error(differences: Sequence[tuple[Floats, npt.NDArray[np.str_]]]) -> float:
    """The standard error of the mean over tasks; tasks are independent."""
    errors = [
        clustered_error(values[~np.isnan(values)], clusters[~np.isnan(values)])
        for values, clusters in differences
    ]
    return float(np.sqrt(np.sum(np.square(errors))) / len(errors))


def _standings(
    labels: Sequence[RunLabel],
    means: Floats,
    draws: Floats,
    pairs: Sequence[RunPair],
    scores: Sequence[_TaskScores],
) -> list[RankedRun]:
    overall = means.mean(axis=0)
    low, high = percentile_interval(draws)
    places = 1 + (draws[:, None, :] > draws[:, :, None]).sum(axis=2)
    first, last = np.percentile(places, [2.5, 97.5], axis=0)
    tokens = np.mean([task.tokens for task in scores], axis=0)
    standings = []
    for i in np.argsort(-overall, kind="stable"):
        run = labels[i].run
        mine = [pair for pair in pairs if run in (pair.better, pair.worse)]
        standings.append(
            RankedRun(
                label=labels[i],
                rank=1 + sum(pair.significant and pair.worse == run for pair in mine),
                ranks=(int(first[i]), int(np.ceil(last[i]))),
                tied=tuple(
                    pair.worse if pair.better == run else pair.better
                    for pair in mine
                    if not pair.significant
                ),
                score=float(overall[i]),
                low=float(low[i]),
                high=float(high[i]),
                by_task=tuple(float(value) for value in means[:, i]),
                tokens=float(tokens[i]),
            )
        )
    return standings
