"""Accuracy of groups by their correct candidates, different answers, or positions."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.judged_matches import match_sentences
from ptr_eval.report.papers import gsr
from ptr_eval.report.tables.number_format import number, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import (
    LevelAccuracy,
    accuracy_by,
    correct_position,
    distinct_answers,
    wilson,
)
from ptr_eval.stats.arrays import Codes

_COLUMNS = ("method", "questions", "correct", "of", "accuracy (%)", "95% low", "95% high")

_NOTE = (
    "Levels without groups are left out. Intervals are Student's t over questions, of which few "
    "may have such groups; where answers are all correct or all wrong, they are Wilson's for as "
    "many answers as there are questions. A vote counts the mean correctness of tied answers."
)

_PUBLISHED = (
    "Published rows: Learning to Refine (arXiv 2509.00084), Table 5, of which selfRef@4 in its "
    "Table 1 is the mean; their intervals are Wilson's, as if trials of one question were "
    "independent, and so too narrow."
)


def correct_table(measured: Sequence[GroupMeasures], *, published: bool = False) -> Table:
    """Tabulate accuracy by the number of correct candidates, as Table 5 of the paper does."""
    rows = [row for one in _refining(measured) for row in _by_correct(one)]
    if published:
        rows += [
            TableRow(cells, published=True)
            for name, levels in gsr.by_correct_candidates().items()
            for cells in _published(name, levels)
        ]
    return Table(
        "by-correct-candidates",
        "Accuracy by number of correct candidates",
        ("task", "run", "correct candidates", *_COLUMNS),
        tuple(rows),
        _noted(f"{_NOTE} {_PUBLISHED}" if published else _NOTE, measured),
    )


def diversity_table(measured: Sequence[GroupMeasures]) -> Table:
    """Tabulate accuracy by how many different answers the candidates give."""
    rows = [
        row
        for one in _refining(measured)
        for row in _rows(one, distinct_answers(one.panel.groups), range(one.panel.size + 1))
    ]
    return Table(
        "by-different-answers",
        "Accuracy by number of different answers",
        ("task", "run", "different answers", *_COLUMNS),
        tuple(rows),
        _noted(
            f"Equivalent answers count as one; a candidate without an answer adds none. {_NOTE}",
            measured,
        ),
    )


def position_table(measured: Sequence[GroupMeasures]) -> Table:
    """Tabulate accuracy by where the only correct candidate is shown."""
    rows = [
        row
        for one in _refining(measured)
        if (shown := _shown_position(one)) is not None
        for row in _rows(one, shown, range(one.panel.size), first=1, only=one.refined_name)
    ]
    return Table(
        "by-position",
        "Accuracy by position of the only correct candidate",
        ("task", "run", "position", *_COLUMNS),
        tuple(rows),
        f"Groups with exactly one correct candidate, as its place in the prompt. {_NOTE}",
    )


def _noted(note: str, measured: Sequence[GroupMeasures]) -> str:
    return " ".join([note, *match_sentences(_refining(measured))])


def _by_correct(one: GroupMeasures) -> Iterator[TableRow]:
    return _table_rows(one, one.by_correct, range(one.panel.size, -1, -1), first=0)


def _shown_position(one: GroupMeasures) -> Codes | None:
    """Tell where the only correct candidate is shown; None if that was left to chance."""
    order = one.panel.order
    if order not in ("sampled", "reversed"):
        return None
    asked = correct_position(one.panel.groups)
    places = np.arange(one.panel.size)
    # What has no text is not shown; where that is not recorded, all are taken to have one.
    shown = ~(one.panel.solving.visible == 0)
    ahead = places < asked[..., None] if order == "sampled" else places > asked[..., None]
    return np.where(asked < 0, -1, (shown & ahead).sum(axis=-1))


def _rows(
    one: GroupMeasures,
    levels: Codes,
    listed: Sequence[int],
    *,
    first: int = 0,
    only: str | None = None,
) -> Iterator[TableRow]:
    """List each level's methods; levels are numbered from `first` for readers."""
    found = {
        method: accuracy_by(levels, correct, len(listed))
        for method, correct in one.outcomes.items()
        if only in (None, method)
    }
    return _table_rows(one, found, listed, first)


def _table_rows(
    one: GroupMeasures,
    found: Mapping[str, Sequence[LevelAccuracy]],
    listed: Sequence[int],
    first: int,
) -> Iterator[TableRow]:
    start = (Cell(one.panel.task), Cell(one.panel.label.name))
    for level in listed:
        for method, accuracies in found.items():
            if accuracies[level].total:
                cells = _cells(method, accuracies[level])
                yield TableRow((*start, number(level + first), *cells))


def _cells(method: str, at: LevelAccuracy) -> tuple[Cell, ...]:
    low, high = at.accuracy.low, at.accuracy.high
    whole = float(at.correct).is_integer()
    return (
        Cell(method),
        number(at.questions),
        number(at.correct, 0 if whole else 1),
        number(at.total),
        percent(at.accuracy.value),
        percent(low),
        percent(high),
    )


def _published(name: str, levels: Sequence[tuple[int, int]]) -> Iterator[tuple[Cell, ...]]:
    for level, (right, total) in reversed(list(enumerate(levels))):
        rate = wilson(right, total)
        yield (
            Cell(name),
            Cell(gsr.NAME),
            number(level),
            Cell(f"selfRef@{gsr.SIZE}"),
            number(float("nan")),
            number(right),
            number(total),
            percent(rate.value),
            percent(rate.low),
            percent(rate.high),
        )


def _refining(measured: Sequence[GroupMeasures]) -> list[GroupMeasures]:
    return [one for one in measured if one.panel.refined]
