"""Accuracy by a property of groups: correct candidates, different answers, or position."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ptr_eval.stats.arrays import Codes
from ptr_eval.stats.estimates import Estimate, interval
from ptr_eval.stats.groups import CandidateGroups, counted_groups


@dataclass(frozen=True, slots=True)
class LevelAccuracy:
    """The accuracy of answers in the groups of one level."""

    correct: float
    """How many answers are correct; a sum of expectations for votes."""
    total: int
    """How many answers there are."""
    questions: int
    """How many questions they come from."""
    accuracy: Estimate
    """correct / total, with an interval clustered by question."""


def correct_candidates(groups: CandidateGroups) -> Codes:
    """Count the correct candidates of each group.

    Args:
        groups: The groups.

    Returns:
        The numbers m from 0 to k; -1 for groups that do not count. [N, G]
    """
    return np.where(counted_groups(groups), groups.correct.sum(axis=-1), -1)


def distinct_answers(groups: CandidateGroups) -> Codes:
    """Count the different answers of each group.

    Args:
        groups: The groups.

    Returns:
        The numbers from 0, where no candidate has an answer, to k; -1 for groups that do not
        count. [N, G]
    """
    ordered = np.sort(groups.classes, axis=-1)
    first = np.diff(ordered, axis=-1, prepend=-1) > 0
    return np.where(counted_groups(groups), first.sum(axis=-1), -1)


def correct_position(groups: CandidateGroups) -> Codes:
    """Find the position of the correct candidate, in the groups with exactly one.

    Args:
        groups: The groups.

    Returns:
        The positions from 0 to k - 1; -1 for other groups, and those that do not count. [N, G]
    """
    return np.where(correct_candidates(groups) == 1, groups.correct.argmax(axis=-1), -1)


def accuracy_by(
    levels: Codes, outcomes: npt.NDArray[Any], count: int, *, level: float = 0.95
) -> tuple[LevelAccuracy, ...]:
    """Compute the accuracy of answers level by level.

    Over the numbers of correct candidates this is acc(m), of which selfRef@k is the mean over
    answers (arXiv 2509.00084, Table 5).

    Args:
        levels: The level of each group; -1 to leave it out. [N, G]
        outcomes: The correctness of the answers of each group, or of its only one: refined
            answers, a vote, any selection; nan where not recorded. [N, G, R] or [N, G]
        count: The number of levels.
        level: The intervals' confidence.

    Returns:
        The accuracies of levels 0 to count - 1; nan for levels without answers. [count]
    """
    answers = outcomes.reshape(*levels.shape, -1).astype(np.float64)
    recorded = ~np.isnan(answers)
    questions, of_level = (
        np.broadcast_to(of_group[..., None], answers.shape)[recorded]
        for of_group in (np.broadcast_to(np.arange(len(levels))[:, None], levels.shape), levels)
    )
    values = answers[recorded]
    return tuple(
        _accuracy(values[of_level == number], questions[of_level == number], level)
        for number in range(count)
    )


def _accuracy(values: npt.NDArray[np.float64], questions: Codes, level: float) -> LevelAccuracy:
    return LevelAccuracy(
        correct=float(values.sum()),
        total=len(values),
        questions=len(np.unique(questions)),
        accuracy=interval(values, questions, level=level),
    )
