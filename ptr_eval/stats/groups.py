"""Groups of k candidate answers that are refined into one (GSR, arXiv 2509.00084).

Whatever is compared is measured on the same groups: those whose refined answer is recorded, or
all of them if nothing has been refined. Groups of one question are not independent, so means
are means over questions of the mean over a question's groups, and intervals are over questions.
"""

from dataclasses import dataclass

import numpy as np

from ptr_eval.stats.arrays import Bools, Codes, Floats
from ptr_eval.stats.bootstrap import bootstrap_means, percentile_interval
from ptr_eval.stats.estimates import Estimate, interval, recorded_mean
from ptr_eval.stats.paired import Difference, paired_difference
from ptr_eval.stats.voting import votes


@dataclass(frozen=True, slots=True, eq=False)
class CandidateGroups:
    """One task's candidates and what became of them, for N questions of up to G groups each.

    Groups share no candidates. A sample without an answer is a candidate still; what was never
    sampled is not `present`, and what stands in its place does not count.
    """

    classes: Codes
    """Codes of the candidates' answers: equal within a question if equivalent, -1 for none. [N, G,
    k]"""
    correct: Bools
    """Whether each candidate is correct. [N, G, k]"""
    refined: Floats
    """The correctness of R refined answers of each group; nan where none is recorded, which is not
    the same as a wrong one. [N, G, R]"""
    candidate_tokens: Floats
    """Tokens of each candidate, its prompt's included; nan where not recorded. [N, G, k]"""
    refined_tokens: Floats
    """Likewise of each refined answer. [N, G, R]"""
    present: Bools
    """Whether the question has this group. [N, G]"""

    def __post_init__(self) -> None:
        groups, size = self.present.shape, self.classes.shape[-1]
        answers = {array.shape for array in (self.classes, self.correct, self.candidate_tokens)}
        refined = {array.shape for array in (self.refined, self.refined_tokens)}
        if answers != {(*groups, size)} or refined != {(*groups, self.refined.shape[-1])}:
            raise ValueError(f"shapes differ: groups {groups}, {answers=}, {refined=}")


@dataclass(frozen=True, slots=True)
class GroupEstimates:
    """What candidates, votes and refined answers are worth on the same groups."""

    questions: int
    """The number of questions with any group that counts."""
    groups: int
    """The number of groups that count."""
    unrefined: int
    """The number of groups left out, as no refined answer of theirs is recorded."""
    pass_at_1: Estimate
    """The accuracy of candidates."""
    pass_at_k: Estimate
    """The fraction of groups with any correct candidate."""
    majority: Estimate
    """maj@k, the accuracy of the vote."""
    refined: Estimate
    """selfRef@k, the accuracy of refined answers."""
    gap: Difference
    """The Refinement Gap RG@k = selfRef@k - maj@k, paired by question."""
    fixed: Estimate
    """How often the vote is wrong and the refined answer right."""
    broken: Estimate
    """How often the vote is right and the refined answer wrong; fixed - broken = gap."""
    headroom_used: Estimate
    """(selfRef@k - maj@k) / (pass@k - maj@k), its interval from a bootstrap of questions; nan
    where a vote leaves nothing to gain."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Statistics of groups of k candidates; all fractions of groups or of answers."""

    share: Floats
    """pi_m, the fraction of groups with m correct candidates. [k + 1]"""
    accuracy: Floats
    """acc(m), the fraction of those whose refined answer is correct; nan without such groups. [k +
    1]"""
    refined: float
    """selfRef@k = sum_m pi_m acc(m), the accuracy of refined answers."""
    pass_at_1: float
    """The accuracy of candidates, sum_m pi_m m / k."""
    pass_at_k: float
    """The fraction of groups with any correct candidate."""
    damage: float
    """1 - acc(k), how often refining spoils a group that is all correct."""
    synthesis: float
    """acc(0), how often it finds what no candidate had."""
    headroom: float
    """pass@k - pass@1, what choosing perfectly among candidates would gain."""


def counted_groups(groups: CandidateGroups) -> Bools:
    """Tell which groups count.

    Args:
        groups: The groups.

    Returns:
        Those present with a recorded refined answer; all present if nothing was refined. [N, G]
    """
    refined = groups.present & ~np.isnan(groups.refined).all(axis=-1)
    return refined if refined.any() else groups.present


def group_estimates(
    groups: CandidateGroups,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    repeats: int = 10_000,
) -> GroupEstimates:
    """Estimate what refining groups is worth.

    Args:
        groups: The groups.
        rng: Where the bootstrap's draws come from.
        level: The intervals' confidence.
        repeats: How many times to resample questions.

    Returns:
        The estimates; values nan without groups, intervals nan for a single question.
    """
    counted = counted_groups(groups)
    refined = recorded_mean(groups.refined, axis=-1)
    majority = votes(groups.classes, groups.correct)
    columns = (
        groups.correct.mean(axis=-1),
        groups.correct.any(axis=-1),
        majority,
        refined,
        (1 - majority) * refined,
        majority * (1 - refined),
    )
    by_group = np.where(counted[..., None], np.stack(columns, axis=-1), np.nan)
    by_question = recorded_mean(by_group, axis=1)[counted.any(axis=1)]
    pass_at_1, pass_at_k, vote = by_question[:, :3].T
    # Either all of these questions have a refined answer or none has.
    _, best, before, after, fixed, broken = by_question[~np.isnan(by_question[:, 3])].T
    return GroupEstimates(
        questions=len(by_question),
        groups=int(counted.sum()),
        unrefined=int((groups.present & ~counted).sum()),
        pass_at_1=interval(pass_at_1, level=level),
        pass_at_k=interval(pass_at_k, level=level),
        majority=interval(vote, level=level),
        refined=interval(after, level=level),
        gap=paired_difference(before, after, level=level),
        fixed=interval(fixed, level=level),
        broken=interval(broken, level=level),
        headroom_used=_headroom_estimate(
            after - before, best - before, rng=rng, level=level, repeats=repeats
        ),
    )


def group_statistics(correct: Codes, total: Codes) -> Groups:
    """Compute the statistics of groups from counts by their number m of correct candidates.

    Args:
        correct: How many groups with m correct candidates were refined correctly. [k + 1]
        total: How many groups have m correct candidates. [k + 1]

    Returns:
        The statistics; nan where there are no groups to tell.
    """
    size, groups = len(total) - 1, int(total.sum())
    share = _ratio(total, np.full(size + 1, groups))
    accuracy = _ratio(correct, total)
    pass_at_1 = float(share @ np.arange(size + 1)) / size
    pass_at_k = 1 - float(share[0])
    return Groups(
        share=share,
        accuracy=accuracy,
        refined=int(correct.sum()) / groups if groups else float("nan"),
        pass_at_1=pass_at_1,
        pass_at_k=pass_at_k,
        damage=1 - float(accuracy[-1]),
        synthesis=float(accuracy[0]),
        headroom=pass_at_k - pass_at_1,
    )


def headroom_used(refined: float, majority: float, pass_at_k: float) -> float:
    """Compute how much of what choosing perfectly would gain over voting, refining does gain.

    (selfRef@k - maj@k) / (pass@k - maj@k): 0 is no better than the vote, 1 as good as always
    finding the correct candidate; synthesis can exceed 1.

    Args:
        refined: selfRef@k, the accuracy of refined answers.
        majority: maj@k, the accuracy of the vote on the same groups.
        pass_at_k: The fraction of groups with any correct candidate.

    Returns:
        The fraction; nan if voting leaves nothing to gain.
    """
    gain = pass_at_k - majority
    return (refined - majority) / gain if gain > 0 else float("nan")


def _headroom_estimate(
    gained: Floats, headroom: Floats, *, rng: np.random.Generator, level: float, repeats: int
) -> Estimate:
    """Estimate the fraction of the headroom that is gained, from one number a question of both.

    A resample without headroom has no such fraction, and then neither has the interval an end.
    """
    both = np.stack([gained, headroom], axis=1)
    value = float(_ratio(*recorded_mean(both, axis=0)[:, None])[0])
    if len(both) < 2:
        return Estimate(value, *[float("nan")] * 3)
    draws = bootstrap_means(both, rng=rng, repeats=repeats)
    fractions = _ratio(draws[:, 0], draws[:, 1])
    low, high = percentile_interval(fractions, level=level)
    return Estimate(value, float(fractions.std()), float(low), float(high))


def _ratio(part: Codes | Floats, whole: Codes | Floats) -> Floats:
    ratio = np.full(len(part), np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
