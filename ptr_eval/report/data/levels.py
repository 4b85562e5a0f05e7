"""The factors in which runs differ by plan, and the level of each that a run has."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from ptr_eval.report.data.panels import Panel
from ptr_eval.runs import RunLabel, in_words

NOT_RANKED_APART = ("step", "rounds", "seed", "aggregator", "candidates_by", "first_round_by")
"""The factors whose levels one leaderboard compares; of any other, each level has its own."""


def levels(labels: Sequence[RunLabel]) -> dict[str, dict[str, str]]:
    """Find the factors in which runs differ: by factor, its level by run."""
    found: dict[str, dict[str, str]] = {}
    for label in labels:
        for factor, level in _of_label(label):
            found.setdefault(factor, {})[label.run] = level
    return {factor: by_run for factor, by_run in found.items() if len(set(by_run.values())) > 1}


def by_level(
    panels: Sequence[Panel], leave_out: Collection[str] = NOT_RANKED_APART
) -> dict[str, list[Panel]]:
    """Part panels by the levels of the factors in which their runs differ, named in words."""
    labels = labels_of(panels)
    factors = {
        factor: by_run for factor, by_run in levels(labels).items() if factor not in leave_out
    }
    parts: dict[str, list[Panel]] = {}
    for panel in panels:
        parts.setdefault(_in_words(factors, panel.label.run), []).append(panel)
    return parts


def labels_of(panels: Sequence[Panel]) -> list[RunLabel]:
    """List the runs of panels."""
    return list({panel.label.run: panel.label for panel in panels}.values())


def _in_words(factors: Mapping[str, Mapping[str, str]], run: str) -> str:
    return ", ".join(
        in_words(factor, by_run[run]) for factor, by_run in factors.items() if by_run.get(run)
    )


def _of_label(label: RunLabel) -> Iterator[tuple[str, str]]:
    known = dict(label.factors)
    if label.instruction and label.instruction != known.get("protocol"):
        known.setdefault("instruction", label.instruction)
    if label.step is not None:
        known.setdefault("step", str(label.step))
    yield from known.items()
