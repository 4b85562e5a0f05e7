"""A report in sentences: the last round against the first, run by run."""

from collections.abc import Iterator, Sequence

import numpy as np

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.outcomes import OUTCOMES, phrase
from ptr_eval.report.data.panels import Panel
from ptr_eval.stats import Difference, GroupEstimates, paired_difference

_NOT_ANSWERED = tuple(name for name in OUTCOMES if name != "answered")


def sentences(panels: Sequence[Panel]) -> Iterator[str]:
    """Say what rounds did, and which requests came to nothing."""
    for panel in panels:
        yield f"{panel.label.name} on {panel.task}: {_sentence(panel)}{_outcomes(panel)}"


def gap_sentences(measured: Sequence[GroupMeasures]) -> Iterator[str]:
    """Say what refining several candidates is worth against their vote."""
    for one in measured:
        if one.panel.refined:
            found, panel = one.estimates, one.panel
            yield (
                f"{panel.label.name} on {panel.task}: {one.refined_name} is "
                f"{_percent(found.refined.value)}, {one.majority_name} "
                f"{_percent(found.majority.value)}, {_gap(found, panel.no_claim)}."
            )


def _gap(found: GroupEstimates, no_claim: str) -> str:
    change = found.gap
    text = f"a gap of {change.value * 100:+.1f} points"
    if no_claim:
        return f"{text} on the groups that are whole ({no_claim}, so nothing is claimed)"
    if not np.isfinite(change.low):
        return text
    ends = f"{change.low * 100:+.1f} to {change.high * 100:+.1f}"
    return f"{text} (95 % interval {ends}, {_verdict(change.p)})"


def _sentence(panel: Panel) -> str:
    accuracy, last = panel.accuracy, panel.rounds
    asked = "1 item" if len(panel.items) == 1 else f"{len(panel.items):,} items"
    if last == 1:
        return f"{_percent(accuracy[0])} in its only round ({asked})."
    both = panel.complete(0, last - 1)
    items = asked
    if len(both.items) < len(panel.items):
        items = f"{len(both.items):,} of {asked} answered in both"
    text = f"{_percent(accuracy[0])} in round 1, {_percent(accuracy[-1])} in round {last}"
    if not len(both.items):
        return f"{text} (none of {asked} answered in both)."
    before, after = both.item_scores[:, [0, -1]].T
    change = paired_difference(before, after, both.clusters)
    text = f"{text}, {change.value * 100:+.1f} points"
    if why := panel.no_claim(last - 1):
        return f"{text} ({items}; {why}, so nothing is claimed)."
    if not np.isfinite(change.low):  # A single item, or equal changes of all items.
        return f"{text} ({items})."
    return f"{text} ({_interval(change)}; {items}{_shown(change)})."


def _interval(change: Difference) -> str:
    ends = f"{change.low * 100:+.1f} to {change.high * 100:+.1f}"
    return f"95 % interval {ends}, {_verdict(change.p)}"


def _shown(change: Difference) -> str:
    if not np.isfinite(change.detectable):  # All items changed equally.
        return ""
    return f", which would show a change of {change.detectable * 100:.1f} points or more"


def _outcomes(panel: Panel) -> str:
    """Say which requests of which round were not answered; nothing where all were."""
    found = ((t, phrase(counts, _NOT_ANSWERED)) for t, counts in enumerate(panel.outcomes, 1))
    return "".join(f" Requests of round {t}: {shares}." for t, shares in found if shares)


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.1f} %" if np.isfinite(fraction) else "no score"


def _verdict(p: float) -> str:
    if p < 0.05:
        return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"no evidence of a change, p = {p:.2f}"
