"""Votes of more candidates: what the compute of a refinement buys without refining.

Candidates of all groups of a question are pooled, and a vote of k' of them is averaged over all
subsets, without bias.
"""

from dataclasses import dataclass

import numpy as np

from ptr_eval.stats.arrays import Bools, Codes, Floats
from ptr_eval.stats.estimates import Estimate, interval, recorded_mean
from ptr_eval.stats.groups import CandidateGroups, counted_groups
from ptr_eval.stats.paired import Difference, paired_difference
from ptr_eval.stats.voting import majority_at_k, majority_curve, pass_curve

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class CandidateCurve:
    """How candidates do the more of them there are, over the same questions throughout."""

    pass_at: tuple[Estimate, ...]
    """pass@1 to pass@n."""
    majority_at: tuple[Estimate, ...]
    """maj@1 to maj@n."""


@dataclass(frozen=True, slots=True)
class MatchedVote:
    """The vote that costs as much as k candidates and a refinement."""

    candidates: int | None
    """The number k' of candidates that vote; None if it cannot be told."""
    majority: Estimate
    """maj@k'."""
    gap: Difference
    """selfRef@k - maj@k', paired by question."""
    reason: str
    """Why there is no estimate; empty if there is one."""


def candidate_curve(
    groups: CandidateGroups, *, largest: int | None = None, level: float = 0.95
) -> CandidateCurve:
    """Estimate pass@k and maj@k for every k, from the pooled candidates.

    Args:
        groups: The groups.
        largest: The largest k wanted; None for the fewest candidates of any question, beyond
            which there are no estimates in any case.
        level: The intervals' confidence.

    Returns:
        The curve, from k = 1.
    """
    pooled = _pooled(groups)
    fewest = _fewest(pooled)
    size = fewest if largest is None else min(largest, fewest)
    passes = [pass_curve(correct)[:size] for _, correct in pooled]
    majorities = [majority_curve(*question, largest=size) for question in pooled]
    return CandidateCurve(_estimates(passes, level), _estimates(majorities, level))


def equal_calls(groups: CandidateGroups, *, level: float = 0.95) -> MatchedVote:
    """Let as many candidates vote as the model is called for a refinement, k + 1.

    Args:
        groups: The groups.
        level: The intervals' confidence.

    Returns:
        maj@(k+1), where every question has that many candidates.
    """
    return _matched(groups, groups.classes.shape[-1] + 1, level)


def equal_tokens(groups: CandidateGroups, *, level: float = 0.95) -> MatchedVote:
    """Let as many candidates vote as take no more tokens than k of them and a refinement.

    k' = k + floor(r / c) for r tokens of a refined answer and c of a candidate, both means over
    questions.

    Args:
        groups: The groups.
        level: The intervals' confidence.

    Returns:
        maj@k', where tokens are recorded and every question has that many candidates.
    """
    counted = counted_groups(groups)
    candidate, refined = (
        _mean_tokens(np.where(counted[..., None], tokens, np.nan))
        for tokens in (groups.candidate_tokens, groups.refined_tokens)
    )
    if not (candidate > 0 and refined >= 0):
        return _unmatched(None, "the tokens of candidates and refined answers are not recorded")
    more = int(refined / candidate + _ROUNDING)
    return _matched(groups, groups.classes.shape[-1] + more, level)


def _matched(groups: CandidateGroups, candidates: int, level: float) -> MatchedVote:
    pooled = _pooled(groups)
    if candidates > _fewest(pooled):
        return _unmatched(
            candidates,
            f"a vote of {candidates} needs as many candidates of each question, and one has"
            f" {_fewest(pooled)}",
        )
    votes = np.array([majority_at_k(*question, candidates) for question in pooled])
    counted = counted_groups(groups)
    by_group = np.where(counted, recorded_mean(groups.refined, axis=-1), np.nan)
    refined = recorded_mean(by_group, axis=1)[counted.any(axis=1)]
    recorded = ~np.isnan(refined)
    return MatchedVote(
        candidates=candidates,
        majority=interval(votes, level=level),
        gap=paired_difference(votes[recorded], refined[recorded], level=level),
        reason="",
    )


def _unmatched(candidates: int | None, reason: str) -> MatchedVote:
    nothing = np.empty(0)
    return MatchedVote(candidates, interval(nothing), paired_difference(nothing, nothing), reason)


def _pooled(groups: CandidateGroups) -> list[tuple[Codes, Bools]]:
    """Pool the candidates of each question that has any: classes [n] and correctness [n]."""
    counted = counted_groups(groups)
    return [
        (classes[kept].ravel(), correct[kept].ravel())
        for classes, correct, kept in zip(groups.classes, groups.correct, counted, strict=True)
        if kept.any()
    ]


def _fewest(pooled: list[tuple[Codes, Bools]]) -> int:
    return min((len(classes) for classes, _ in pooled), default=0)


def _estimates(curves: list[Floats], level: float) -> tuple[Estimate, ...]:
    return tuple(interval(values, level=level) for values in np.array(curves).T)


def _mean_tokens(tokens: Floats) -> float:
    """Average over a question's answers, then over questions; nan if nothing is recorded."""
    by_question = recorded_mean(tokens.reshape(len(tokens), -1), axis=1)
    return float(recorded_mean(by_question, axis=0))
