"""A report in sentences: the last round against the first, run by run."""

from collections.abc import Iterator, Sequence

import numpy as np

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.panels import Panel
from ptr_eval.stats import GroupEstimates, paired_difference


def sentences(panels: Sequence[Panel]) -> Iterator[str]:
    """Say what rounds did."""
    for panel in panels:
        yield f"{panel.label.run} on {panel.task}: {_sentence(panel)}"


def gap_sentences(measured: Sequence[GroupMeasures]) -> Iterator[str]:
    """Say what refining several candidates is worth against their vote."""
    for one in measured:
        if one.panel.refined:
            found, panel = one.estimates, one.panel
            yield (
                f"{panel.label.run} on {panel.task}: {one.refined_name} is "
                f"{found.refined.value * 100:.1f} %, {one.majority_name} "
                f"{found.majority.value * 100:.1f} %, {_gap(found)}."
            )


def _gap(found: GroupEstimates) -> str:
    change = found.gap
    text = f"a gap of {change.value * 100:+.1f} points"
    if not np.isfinite(change.low):
        return text
    ends = f"{change.low * 100:+.1f} to {change.high * 100:+.1f}"
    return f"{text} (95 % interval {ends}, {_verdict(change.p)})"


def _sentence(panel: Panel) -> str:
    scores, last = panel.item_scores * 100, panel.rounds
    first, final = scores[:, 0].mean(), scores[:, -1].mean()
    items = "1 item" if len(scores) == 1 else f"{len(scores):,} items"
    if last == 1:
        return f"{first:.1f} % in its only round ({items})."
    change = paired_difference(scores[:, 0], scores[:, -1], panel.clusters)
    text = f"{first:.1f} % in round 1, {final:.1f} % in round {last}, {change.value:+.1f} points"
    if not np.isfinite(change.low):  # A single item, or equal changes of all items.
        return f"{text} ({items})."
    return (
        f"{text} (95 % interval {change.low:+.1f} to {change.high:+.1f}, {_verdict(change.p)}; "
        f"{items}, which would show a change of {change.detectable:.1f} points or more)."
    )


def _verdict(p: float) -> str:
    if p < 0.05:
        return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"no evidence of a change, p = {p:.2f}"
