"""A table of how the matches of judges ended."""

from collections.abc import Sequence

from ptr_eval.judge import MATCH_OUTCOMES, UNDECIDED
from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.tables.number_format import number
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.runs import Selection

_NOTE = (
    "A judge reads each pair of candidates in both orders. A match is decided if it prefers the "
    "same candidate both times, tied if it states a tie, order-dependent if it prefers the same "
    "place both times, unreadable if a reply has no verdict in the judge's form, and failed if a "
    "request failed or was refused, or a reply is empty or was cut off. Of a match that is not "
    "decided, a hash of both texts draws the winner. Older files do not say why a match was not "
    "decided."
)


def judged_matches_table(measured: Sequence[GroupMeasures]) -> Table:
    """Tabulate the matches of every choice by a judge."""
    chosen = [
        (one, name, selection)
        for one in measured
        for name, selection in one.panel.selections.items()
        if selection.matches
    ]
    older = any(UNDECIDED in selection.outcomes for _, _, selection in chosen)
    outcomes = [*MATCH_OUTCOMES, UNDECIDED] if older else [*MATCH_OUTCOMES]
    return Table(
        "judged-matches",
        "How the matches of judges ended",
        ("run", "task", "measure", "judge", "form", "matches", *outcomes),
        tuple(_row(one, name, selection, outcomes) for one, name, selection in chosen),
        _NOTE,
    )


def _row(one: GroupMeasures, name: str, chosen: Selection, outcomes: Sequence[str]) -> TableRow:
    names = (one.panel.label.name, one.panel.task, name, chosen.model, chosen.judge_form or "–")
    counts = (chosen.outcomes.get(outcome) for outcome in outcomes)
    cells = (Cell("–") if count is None else number(count) for count in counts)
    return TableRow((*map(Cell, names), number(chosen.matches), *cells))
