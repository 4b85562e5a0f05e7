"""What groups of candidates come to: every measure of a run and task, computed once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.stats import (
    CandidateCurve,
    Estimate,
    GroupEstimates,
    MatchedVote,
    candidate_curve,
    counted_groups,
    equal_calls,
    equal_tokens,
    group_estimates,
    mean_estimate,
    recorded_mean,
    votes,
    wilson,
)
from ptr_eval.stats.arrays import Floats

LARGEST = 10
"""Up to so many candidates are pooled for a curve, or a group's size if that is more."""


@dataclass(frozen=True, eq=False)
class GroupMeasures:
    """A group panel with its measures."""

    panel: GroupPanel
    """The panel."""
    estimates: GroupEstimates
    """Candidates, votes and refined answers, on the same groups."""
    calls: MatchedVote
    """The vote that takes as many calls of the model as refining."""
    tokens: MatchedVote
    """The vote that takes as many tokens."""

    @cached_property
    def curve(self) -> CandidateCurve:
        """pass@k and maj@k for every k, from the pooled candidates."""
        return candidate_curve(self.panel.groups, largest=max(LARGEST, self.panel.size))

    @property
    def majority_name(self) -> str:
        """The name of the vote, such as `maj@4`."""
        return f"maj@{self.panel.size}"

    @property
    def refined_name(self) -> str:
        """The name of refining: `selfRef@4`, or `Ref@4 (MODEL)` where another model refines."""
        other = self.panel.refiner
        return f"Ref@{self.panel.size} ({other})" if other else f"selfRef@{self.panel.size}"

    @property
    def outcomes(self) -> dict[str, Floats]:
        """By what makes one answer of a group, the correctness of what it made.

        [N, G, R] for refined answers, [N, G] for the vote and for selections.
        """
        groups = self.panel.groups
        found = {self.majority_name: votes(groups.classes, groups.correct)}
        if self.panel.refined:
            found = {self.refined_name: groups.refined, **found}
        same = {n: v for n, v in self.panel.selected.items() if v.shape == groups.present.shape}
        return {**found, **same}

    def selected(self) -> Iterator[tuple[str, Estimate]]:
        """Estimate the accuracy of each selection."""
        for name, correct in self.panel.selected.items():
            by_question = recorded_mean(correct, axis=1)
            yield name, mean_estimate(by_question[~np.isnan(by_question)])


def measure(
    panels: Sequence[GroupPanel], *, rng: np.random.Generator, resamples: int = 10_000
) -> list[GroupMeasures]:
    """Compute the measures of group panels."""
    return [
        GroupMeasures(
            panel=panel,
            estimates=group_estimates(panel.groups, rng=rng, repeats=resamples),
            calls=equal_calls(panel.groups),
            tokens=equal_tokens(panel.groups),
        )
        for panel in panels
        if counted_groups(panel.groups).any()
    ]


def ends(estimate: Estimate, questions: int) -> tuple[float, float]:
    """Find the ends of a fraction's interval."""
    if questions and estimate.value in (0.0, 1.0):
        estimate = wilson(estimate.value * questions, questions)
    return float(np.clip(estimate.low, 0, 1)), float(np.clip(estimate.high, 0, 1))
