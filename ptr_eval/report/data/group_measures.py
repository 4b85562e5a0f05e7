"""Every measure of a run's groups of candidates on a task, computed once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.stats import (
    CandidateCurve,
    Estimate,
    GroupEstimates,
    LevelAccuracy,
    MatchedVote,
    accuracy_by,
    candidate_curve,
    correct_candidates,
    counted_groups,
    equal_calls,
    equal_tokens,
    group_estimates,
    interval,
    recorded_mean,
    votes,
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
        same = {
            name: values
            for name, values in self.panel.selected.items()
            if values.shape == groups.present.shape and not np.isnan(values).all()
        }
        return {**found, **same}

    @property
    def by_correct(self) -> dict[str, list[LevelAccuracy]]:
        """The accuracy of each outcome by the number of correct candidates, from 0 to all.

        What is chosen among candidates that are all right, or all wrong, is so for certain: it
        has no interval. Neither has a vote that more than half of them win with the right answer.
        What is made of candidates may be anything.
        """
        levels, size = correct_candidates(self.panel.groups), self.panel.size
        found = {
            name: list(accuracy_by(levels, correct, size + 1))
            for name, correct in self.outcomes.items()
        }
        for name in found.keys() - {self.refined_name}:
            for level in (0, size):
                found[name][level] = _certain(found[name][level])
        voted = found[self.majority_name]
        for level in range(size // 2 + 1, size):
            if voted[level].accuracy.value == 1:
                voted[level] = _certain(voted[level])
        return found

    def selected(self) -> Iterator[tuple[str, Estimate]]:
        """Estimate the accuracy of each selection; nan where a judge decided nothing."""
        for name, correct in self.panel.selected.items():
            by_question = recorded_mean(correct, axis=1)
            yield name, interval(by_question[~np.isnan(by_question)])


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


def _certain(at: LevelAccuracy) -> LevelAccuracy:
    return replace(at, accuracy=replace(at.accuracy, low=float("nan"), high=float("nan")))
