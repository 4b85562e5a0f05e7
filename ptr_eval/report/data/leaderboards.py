"""One leaderboard of all runs, or where these differ by plan, one for each level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ptr_eval.report.data.comparable import Conditions, Incomparable
from ptr_eval.report.data.leaderboard import Leaderboard, leaderboard
from ptr_eval.report.data.levels import by_level, labels_of
from ptr_eval.report.data.panels import Panel


@dataclass(frozen=True, slots=True)
class Leaderboards:
    """The leaderboards of a report."""

    by_level: Mapping[str, Leaderboard]
    """By level in words, such as "instruction critical"; of all runs if that is empty."""
    refused: tuple[str, ...] = ()
    """Why there is none, of all runs or of a level."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""


def leaderboards(
    panels: Sequence[Panel], conditions: Sequence[Conditions], **options: Any
) -> Leaderboards:
    """Rank all runs; where they differ in a planned factor, those of each of its levels."""
    try:
        return Leaderboards({"": leaderboard(panels, conditions, **options)})
    except Incomparable as refusal:
        apart = _of_levels(panels, conditions, **options)
        return apart if apart.by_level else Leaderboards({}, (f"No leaderboard: {refusal}",))


def _of_levels(
    panels: Sequence[Panel], conditions: Sequence[Conditions], **options: Any
) -> Leaderboards:
    boards, refused, alone = {}, [], []
    for level, part in by_level(panels).items():
        labels = labels_of(part)
        if len(labels) == 1:
            alone.append(labels[0].name)
            continue
        runs = {label.run for label in labels}
        mine = [condition for condition in conditions if condition.run in runs]
        try:
            boards[level or "the other runs"] = leaderboard(part, mine, **options)
        except Incomparable as refusal:
            refused.append(f"No leaderboard of {level or 'the other runs'}: {refusal}")
    notes = ["Runs are ranked among those of the same level."]
    if alone:
        notes.append(f"Alone in their level, and so not ranked: {', '.join(alone)}.")
    return Leaderboards(boards, tuple(refused), tuple(notes))
