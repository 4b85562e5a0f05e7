"""Rank runs, and test which differ significantly."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ptr_eval.report.data.comparable import Conditions, Incomparable, check
from ptr_eval.report.data.panels import Panel, of_task, tasks_of
from ptr_eval.runs import RunLabel
from ptr_eval.stats import (
    bootstrap_means,
    certain_interval,
    clustered_error,
    detectable,
    holm,
    mcnemar_exact,
    percentile_interval,
)
from ptr_eval.stats.arrays import Floats

_Differences = tuple[Floats, npt.NDArray[np.str_]]
"""What one run scored less another, item by item of a task, and the items' clusters."""

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
    """The difference's 95 % interval begins here; nan where there is none."""
    high: float
    """It ends here."""
    p: float
    """The two-sided p-value, Holm-adjusted over all pairs; nan where there is no test."""
    detectable: float
    """The smallest difference that these items show with a power of 80 %; nan where it cannot be
    told."""

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
class UnrankedRun:
    """A run that is on the leaderboard without a rank."""

    label: RunLabel
    """The run."""
    why: str
    """Why it has none, such as "33 % failed"."""
    by_task: tuple[float, ...]
    """The score on each task, over what was answered; nan where nothing was."""
    tokens: float
    """As for ranked runs."""


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
    unranked: tuple[UnrankedRun, ...] = ()
    """The runs that cannot be compared, in the order of the report."""


@dataclass(frozen=True, slots=True, eq=False)
class _TaskScores:
    """What runs scored on the items that all of them answered."""

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
    correction over many pairs needs. Where no task's differences vary, the exact sign test over
    clusters takes its place. Runs too many of whose requests came to nothing have no rank.
    """
    labels = list({panel.label.run: panel.label for panel in panels}.values())
    tasks = [task for task in tasks_of(panels) if len(of_task(panels, task)) == len(labels)]
    if not tasks:
        raise Incomparable("there is no task that all runs did.")
    notes = check([c for c in conditions if c.task in tasks], allow)
    left_out = [task for task in tasks_of(panels) if task not in tasks]
    if left_out:
        notes.insert(0, f"Not every run did {', '.join(left_out)}, so these do not count.")
    by_run = {
        label.run: [p for t in tasks for p in of_task(panels, t) if p.label.run == label.run]
        for label in labels
    }
    why = {run: _why_unranked(of_run, round) for run, of_run in by_run.items()}
    fit = [label for label in labels if not why[label.run]]
    if len(fit) < 2:
        why |= {label.run: "no other run to compare with" for label in fit}
        fit = []
    unranked = [
        _unranked(by_run[label.run], why[label.run], round) for label in labels if label not in fit
    ]
    standings, pairs = _ranked([by_run[label.run] for label in fit], round, rng, resamples)
    return Leaderboard(tuple(tasks), tuple(standings), tuple(pairs), tuple(notes), tuple(unranked))


def _place(panel: Panel, round_: int | None) -> int:
    """Find the place of the round to rank by."""
    return (panel.rounds if round_ is None else min(round_, panel.rounds)) - 1


def _why_unranked(of_run: Sequence[Panel], round_: int | None) -> str:
    reasons = [(panel.no_claim(_place(panel, round_)), panel.task) for panel in of_run]
    if len(reasons) == 1:
        return reasons[0][0]
    return "; ".join(f"{reason} on {task}" for reason, task in reasons if reason)


def _unranked(of_run: Sequence[Panel], why: str, round_: int | None) -> UnrankedRun:
    places = [_place(panel, round_) for panel in of_run]
    return UnrankedRun(
        label=of_run[0].label,
        why=why,
        by_task=tuple(float(p.accuracy[at]) for p, at in zip(of_run, places, strict=True)),
        tokens=float(np.mean([_tokens(p, at) for p, at in zip(of_run, places, strict=True)])),
    )


def _tokens(panel: Panel, last: int) -> float:
    return float(np.nansum(panel.generated_tokens[:, :, : last + 1], axis=2).mean())


def _ranked(
    runs: Sequence[Sequence[Panel]],
    round_: int | None,
    rng: np.random.Generator,
    resamples: int,
) -> tuple[list[RankedRun], list[RunPair]]:
    """Rank runs, of each of which there is a panel for every task."""
    if not runs:
        return [], []
    labels = [of_run[0].label for of_run in runs]
    scores = [_of_task(of_task, round_) for of_task in zip(*runs, strict=True)]
    means = np.stack([task.values.mean(axis=0) for task in scores])
    draws = np.mean(
        [bootstrap_means(t.values, t.clusters, rng=rng, repeats=resamples) for t in scores], axis=0
    )
    pairs = _pairs(labels, scores, means)
    return _standings(labels, means, draws, pairs, scores), pairs


def _of_task(panels: Sequence[Panel], round_: int | None) -> _TaskScores:
    answered = [panel.complete(_place(panel, round_)) for panel in panels]
    items = answered[0].items
    for panel in answered[1:]:
        items = np.intersect1d(items, panel.items)
    if not len(items):
        raise Incomparable(f"no item of {panels[0].task} was done by all runs.")
    columns, tokens = [], []
    for panel in answered:
        last, at = _place(panel, round_), np.searchsorted(panel.items, items)
        columns.append(panel.item_scores[at, last])
        spent = np.nansum(panel.generated_tokens[at, :, : last + 1], axis=2)
        tokens.append(float(spent.mean()))
    clusters = answered[0].clusters[np.searchsorted(answered[0].items, items)]
    return _TaskScores(np.stack(columns, axis=1), clusters, np.asarray(tokens))


def _pairs(
    labels: Sequence[RunLabel], scores: Sequence[_TaskScores], means: Floats
) -> list[RunPair]:
    overall = means.mean(axis=0)
    found = [
        _pair((labels[a].name, labels[b].name), [(t.values[:, a] - t.values[:, b], t.clusters)
         for t in scores])
        for a, b in combinations(np.argsort(-overall, kind="stable"), 2)
    ]  # fmt: skip
    adjusted = holm([pair.p for pair in found])
    return [replace(pair, p=p) for pair, p in zip(found, adjusted, strict=True)]


def _pair(names: tuple[str, str], differences: Sequence[_Differences]) -> RunPair:
    """Compare two runs by the differences of each task, which are independent."""
    from scipy.special import ndtr

    difference = float(np.mean([values.mean() for values, _ in differences]))
    errors = [clustered_error(values, clusters) for values, clusters in differences]
    error = float(np.sqrt(np.sum(np.square(errors))) / len(errors))
    if error == 0:
        p, (low, high) = _without_variation(difference, differences)
        return RunPair(*names, difference, low, high, p, float("nan"))
    p = float(2 * ndtr(-abs(difference) / error))
    low, high = difference - 1.96 * error, difference + 1.96 * error
    return RunPair(*names, difference, low, high, p, detectable(error))


def _without_variation(
    difference: float, differences: Sequence[_Differences]
) -> tuple[float, tuple[float, float]]:
    """Test by the signs of clusters, where the differences of no task vary: p, and an interval.

    Twenty of twenty against none of twenty is the clearest difference there is, though no standard
    error can say so; under the hypothesis each cluster's sign is the toss of a fair coin.
    """
    clusters = [(float(values.mean()), len(np.unique(of))) for values, of in differences]
    higher = sum(count for mean, count in clusters if mean > 0)
    lower = sum(count for mean, count in clusters if mean < 0)
    everywhere = sum(count for _, count in clusters)
    return mcnemar_exact(higher, lower), certain_interval(difference, everywhere)


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
        run = labels[i].name
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
