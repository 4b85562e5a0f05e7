"""Groups of k candidate answers that are refined into one (GSR, arXiv 2509.00084).

Everything follows from how often the refined answer is correct when m of the k candidates are.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Statistics of groups of k candidates; all fractions of groups or of answers.

    Attributes:
        share: pi_m, the fraction of groups with m correct candidates. [k + 1]
        accuracy: acc(m), the fraction of those whose refined answer is correct; nan without
            such groups. [k + 1]
        refined: selfRef@k = sum_m pi_m acc(m), the accuracy of refined answers.
        pass_at_1: The accuracy of candidates, sum_m pi_m m / k.
        pass_at_k: The fraction of groups with any correct candidate.
        damage: 1 - acc(k), how often refining spoils a group that is all correct.
        synthesis: acc(0), how often it finds what no candidate had.
        headroom: pass@k - pass@1, what choosing perfectly among candidates would gain.
    """

    share: Floats
    accuracy: Floats
    refined: float
    pass_at_1: float
    pass_at_k: float
    damage: float
    synthesis: float
    headroom: float


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


def _ratio(part: Codes, whole: Codes) -> Floats:
    ratio = np.full(len(part), np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
