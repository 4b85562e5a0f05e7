"""How the matches ended by which judges chose: it stands wherever a best-of-k figure stands."""

from collections.abc import Iterator, Sequence

from ptr_eval.judge import NO_FIGURE, outcomes_in_words
from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.runs import Selection

_MAY_FAIL = 0.05
"""The largest share of failed matches with which a figure is ranked."""


def is_ranked(chosen: Selection) -> bool:
    """Tell whether so few of a judge's matches failed that its figure can be ranked."""
    return chosen.outcomes.get("failed", 0) <= _MAY_FAIL * chosen.matches


def match_sentences(measured: Sequence[GroupMeasures]) -> Iterator[str]:
    """Say of each choice by a judge how its matches ended."""
    for one in measured:
        for name, chosen in one.panel.selections.items():
            if chosen.matches:
                yield f"{name} of {one.panel.label.name} on {one.panel.task}: {_told(chosen)}"


def _told(chosen: Selection) -> str:
    form = f" in the form {chosen.judge_form}" if chosen.judge_form else ""
    text = f"judge {chosen.model}{form}, {outcomes_in_words(chosen.outcomes)}."
    if not chosen.measured:
        return f"{text} {NO_FIGURE}"
    return text if is_ranked(chosen) else f"{text} Too many failed for the figure to be ranked."
