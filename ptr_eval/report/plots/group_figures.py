"""The figures on parallel refinement, drawn from the measures of groups of candidates."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ptr_eval.report import plots
from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.report.data.judged_matches import match_sentences
from ptr_eval.report.papers import gsr
from ptr_eval.report.plots.picture import Plot
from ptr_eval.runs import in_words
from ptr_eval.stats import (
    Estimate,
    correct_candidates,
    mean_estimate,
)
from ptr_eval.stats.arrays import Floats

_OF_CANDIDATES = ("protocol", "instruction", "rounds", "candidates", "syntheses", "samples")
"""The factors in which the runs along one line of candidates may differ."""

_NO_THINKING = 8
"""The tokens of an empty thinking block, and the error of counting a text again."""


def group_figures(measured: Sequence[GroupMeasures], *, published: bool = False) -> list[Plot]:
    """Draw every figure that groups of candidates give."""
    worth = [refined(one, published=published) for one in measured]
    grouped = [by_correct(one, published=published) for one in measured if not one.panel.pooled]
    return [
        *plots.refinement_gaps(worth),
        *plots.refined_bars(worth),
        *plots.accuracy_by_correct_candidates(grouped),
        *plots.accuracy_over_candidates(over_candidates(measured, published=published)),
        *plots.token_composition([token_use(one.panel, published=published) for one in measured]),
    ]


def refined(one: GroupMeasures, *, published: bool = False) -> plots.Refined:
    """Say what refining is worth."""
    paper = gsr.reached(one.panel.task) if published and one.panel.size == gsr.SIZE else {}
    names = ("pass@1", one.majority_name, one.refined_name)
    gap = one.estimates.gap
    if one.panel.no_claim:  # A whisker beside 0 would be a claim.
        gap = replace(gap, low=float("nan"), high=float("nan"))
    return plots.Refined(
        run=one.panel.label.name,
        task=one.panel.task,
        size=one.panel.size,
        pass_at_1=one.estimates.pass_at_1,
        majority=one.estimates.majority,
        refined=one.estimates.refined,
        gap=gap,
        by_itself=not one.panel.refiner,
        published=[paper.get(name, np.nan) / 100 for name in names] if paper else (),
    )


def by_correct(one: GroupMeasures, *, published: bool) -> plots.ByCorrect:
    """Divide groups by the number of their correct candidates."""
    panel, levels = one.panel, correct_candidates(one.panel.groups)
    count = panel.size + 1
    known = published and panel.size == gsr.SIZE and panel.task in gsr.BENCHMARKS
    paper = gsr.by_correct_candidates()[gsr.BENCHMARKS[panel.task]] if known else ()
    return plots.ByCorrect(
        run=panel.label.name,
        task=panel.task,
        groups=[int((levels == m).sum()) for m in range(count)],
        accuracy={name: [at.accuracy for at in found] for name, found in one.by_correct.items()},
        published=[right / total for right, total in paper],
        note=" ".join(match_sentences([one])),
    )


def over_candidates(
    measured: Sequence[GroupMeasures], *, published: bool = False
) -> list[plots.OverCandidates]:
    """Line up the runs of a checkpoint that differ in nothing but the number of candidates.

    Votes and the best of candidates are those of the run with the most questions, and of such
    runs the one with the most candidates.
    """
    series: dict[tuple[str, str], list[GroupMeasures]] = {}
    for one in measured:
        series.setdefault((_series(one.panel), one.panel.task), []).append(one)
    found = [_over_candidates(*key, members) for key, members in series.items()]
    return [replace(one, published=_published(one.task)) for one in found] if published else found


def token_use(panel: GroupPanel, *, published: bool) -> plots.TokenUse:
    """Say what tokens go into."""

    def mean(tokens: Floats) -> Estimate:
        by_question = panel.tokens_by_question(tokens)
        return mean_estimate(by_question[~np.isnan(by_question)])

    solving = panel.solving
    thinking = mean(solving.generated - solving.visible).value
    known = published and panel.size == gsr.SIZE and panel.task in gsr.BENCHMARKS
    paper = gsr.tokens()[gsr.BENCHMARKS[panel.task]] if known else None
    return plots.TokenUse(
        run=panel.label.name,
        task=panel.task,
        thinking=thinking if thinking > _NO_THINKING else float("nan"),
        summary=mean(solving.visible).value,
        direct=mean(solving.generated),
        refining=mean(panel.refining.generated),
        published=(paper.direct, paper.refining) if paper else None,
    )


def _over_candidates(
    checkpoint: str, task: str, members: Sequence[GroupMeasures]
) -> plots.OverCandidates:
    by_size: dict[int, Estimate] = {}
    for one in members:
        if one.panel.refined and not one.panel.refiner:
            by_size.setdefault(one.panel.size, one.estimates.refined)
    curve = max(members, key=_richness).curve
    return plots.OverCandidates(checkpoint, task, curve.pass_at, curve.majority_at, by_size)


def _published(task: str) -> dict[str, dict[int, float]]:
    """Sort what the paper's model reaches on a task by line and k."""
    found: dict[str, dict[int, float]] = {}
    for measure, value in gsr.reached(task).items():
        method, _, size = measure.partition("@")
        if f"{method}@k" in plots.LINES and size.isdigit():
            found.setdefault(f"{method}@k", {})[int(size)] = value / 100
    return found


def _series(panel: GroupPanel) -> str:
    """Name the checkpoint, with its step and the factors that are not a matter of candidates."""
    label = panel.label
    factors = {name: level for name, level in label.factors if name not in _OF_CANDIDATES}
    if label.step is not None:
        factors["step"] = str(label.step)
    return ", ".join([label.checkpoint, *(in_words(*each) for each in factors.items())])


def _richness(one: GroupMeasures) -> tuple[int, int]:
    return one.estimates.questions, one.estimates.groups * one.panel.size
