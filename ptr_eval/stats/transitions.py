"""What changed between two rounds."""

from typing import NamedTuple


class Transition(NamedTuple):
    """How one item went from one round to a later one; each 0 or 1.

    Attributes:
        fixed: Wrong or unanswered before, right after.
        broken: Right before, wrong or unanswered after.
    """

    fixed: float
    broken: float


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
