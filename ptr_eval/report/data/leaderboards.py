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
        parts = by_level(panels)
        several = {level: part for level, part in parts.items() if len(labels_of(part)) > 1}
        if len(parts) == 1 or not several:
            return Leaderboards({}, (f"No leaderboard: {refusal}",))
    boards, refused = {}, []
    for level, part in several.items():
        runs = {label.run for label in labels_of(part)}
        mine = [condition for condition in conditions if condition.run in runs]
        try:
            boards[level] = leaderboard(part, mine, **options)
        except Incomparable as refusal:
            refused.append(f"No leaderboard of {level or 'the other runs'}: {refusal}")
    alone = [labels_of(part)[0].name for level, part in parts.items() if level not in several]
    notes = ["Runs are ranked among those of the same level."]
    if alone:
        notes.append(f"Alone in their level, and so not ranked: {', '.join(alone)}.")
    return Leaderboards(boards, tuple(refused), tuple(notes))
