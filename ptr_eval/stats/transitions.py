"""What changed between two rounds."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ptr_eval.stats.arrays import Codes

VERDICTS = ("correct", "wrong", "unparsed")
"""What can become of an answer, best first; arrays of verdicts hold indices into this."""


_CORRECT = VERDICTS.index("correct")


class Transition(NamedTuple):
    """How one item went from one round to a later one; each 0 or 1."""

    fixed: float
    """Wrong or unanswered before, right after."""
    broken: float
    """Right before, wrong or unanswered after."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How answers went from one round to a later one."""

    pairs: int
    """How many answers are recorded in both rounds; fractions are of these."""
    fixed: float
    """The fraction not correct before and correct after."""
    broken: float
    """The fraction correct before and not after."""
    fix_rate: float
    """The fraction correct after, of those not correct before; nan without any."""
    break_rate: float
    """The fraction not correct after, of those correct before; nan without any."""
    churn: float
    """The fraction whose extracted answer changed, from and to none included."""


def transition(before: bool, after: bool) -> Transition:
    """Compare an item's correctness in two rounds.

    Over all N items the means are the fractions i->c = (1/N) sum (1-c_s) c_t and
    c->i = (1/N) sum c_s (1-c_t), whose difference is the change in accuracy (SCoRe, section 3).

    Args:
        before: Whether the item was right in the earlier round.
        after: Whether it is right in the later one.

    Returns:
        The transition.
    """
    return Transition(float(after and not before), float(before and not after))


def transition_counts(before: Codes, after: Codes) -> Codes:
    """Count how verdicts went from one round to a later one.

    Args:
        before: Indices into `VERDICTS`; -1 where nothing is recorded. [...]
        after: Likewise, of the same shape. [...]

    Returns:
        The number of answers for each verdict before (rows) and after (columns); those
        unrecorded in either round do not count. [3, 3]
    """
    recorded = (before >= 0) & (after >= 0)
    cells = before[recorded] * len(VERDICTS) + after[recorded]
    counts = np.bincount(cells, minlength=len(VERDICTS) ** 2)
    return counts.reshape(len(VERDICTS), len(VERDICTS)).astype(np.int64)


def changes(
    before_verdicts: Codes, after_verdicts: Codes, before_answers: Codes, after_answers: Codes
) -> Changes:
    """Sum up how answers went from one round to a later one.

    Args:
        before_verdicts: Indices into `VERDICTS`; -1 where nothing is recorded, which leaves
            the answer out. [...]
        after_verdicts: Likewise. [...]
        before_answers: Codes of the extracted answers, -1 for none. [...]
        after_answers: Likewise. [...]

    Returns:
        The changes; all fractions nan if no answer is recorded in both rounds.
    """
    recorded = (before_verdicts >= 0) & (after_verdicts >= 0)
    was = before_verdicts[recorded] == _CORRECT
    is_ = after_verdicts[recorded] == _CORRECT
    changed = (before_answers != after_answers)[recorded]
    fixed, broken = int(np.sum(~was & is_)), int(np.sum(was & ~is_))
    pairs, right = len(was), int(np.sum(was))
    return Changes(
        pairs=pairs,
        fixed=_fraction(fixed, pairs),
        broken=_fraction(broken, pairs),
        fix_rate=_fraction(fixed, pairs - right),
        break_rate=_fraction(broken, right),
        churn=_fraction(int(np.sum(changed)), pairs),
    )


def _fraction(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
