"""The numbers behind the plots: accuracy per round in per cent, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ptr_eval.report.data.outcomes import phrase
from ptr_eval.report.data.panels import Panel
from ptr_eval.stats import Estimate, interval, recorded_mean
from ptr_eval.stats.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A run's accuracy on a task over T rounds, in per cent."""

    rounds: Floats
    """The rounds, from 1. [T]"""
    accuracy: Floats
    """Mean score over the recorded items; nan where there is none. [T]"""
    low: Floats
    """Lower end of the 95 % interval; nan where there is none. [T]"""
    high: Floats
    """Upper end; nan where there is none. [T]"""


def curve(panel: Panel) -> Curve:
    """Estimate a panel's accuracy per round."""
    means = recorded_mean(panel.scores, axis=1)
    estimates = []
    for of_round in means.T:
        known = ~np.isnan(of_round)
        estimates.append(interval(of_round[known], panel.clusters[known]))
    accuracy, low, high = in_percent(estimates)
    return Curve(np.arange(1.0, panel.rounds + 1), accuracy, low, high)


def in_percent(estimates: Sequence[Estimate]) -> tuple[Floats, Floats, Floats]:
    """Line estimates of fractions up as percentages."""
    values, lows, highs = (
        100 * np.array([getattr(e, end) for e in estimates]) for end in ("value", "low", "high")
    )
    return values, np.clip(lows, 0, 100), np.clip(highs, 0, 100)


def items_phrase(panels: Sequence[Panel]) -> str:
    """Say how many items panels rest on."""
    counts = sorted({len(panel.items) for panel in panels})
    each = " per run and task" if len(panels) > 1 else ""
    text = f"{counts[0]:,} item{'' if counts[0] == 1 else 's'}{each}"
    if len(counts) > 1:
        text = f"{counts[0]:,} to {counts[-1]:,} items per run and task"
    if missing := phrase(np.concatenate([panel.outcomes for panel in panels]).sum(axis=0)):
        text += f", less the requests that came to nothing ({missing} in all)"
    return text
