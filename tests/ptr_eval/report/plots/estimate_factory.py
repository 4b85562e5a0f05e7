"""Estimates made up by hand."""

from ptr_eval.report.plots import Refined
from ptr_eval.stats import Difference, Estimate

NONE = Estimate(*[float("nan")] * 4)


def about(value: float, half: float = 0.05) -> Estimate:
    """Make an estimate whose interval reaches so far to either side."""
    return Estimate(value, half / 2, value - half, value + half)


def exactly(value: float) -> Estimate:
    """Make an estimate without an interval, as of answers that are all alike."""
    return Estimate(value, 0.0, float("nan"), float("nan"))


def difference(value: float, half: float = 0.05) -> Difference:
    """Make a difference."""
    return Difference(value, half / 2, value - half, value + half, 0.5, 0.1, 30, 30)


def worth(
    one: float, vote: float, after: float, *, run: str = "run", task: str = "task", size: int = 4
) -> Refined:
    """Say what candidates, their vote and refined answers are worth; nan for none refined."""
    return Refined(run, task, size, about(one), about(vote), about(after), difference(after - vote))
