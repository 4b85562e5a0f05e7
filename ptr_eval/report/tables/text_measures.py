"""Tables of what texts are like: overlap with references, programs, and what rounds rewrite."""

from collections.abc import Mapping, Sequence

from ptr_eval.report.data.text_measures import CODE_NAMES
from ptr_eval.report.data.text_panels import MeasuredTexts, TextEstimate
from ptr_eval.report.tables.number_format import number, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.texts.words import MOST_WORDS

OVERLAP: Mapping[str, str] = {
    "rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L", "bleu": "BLEU", "chrf": "chrF",
}  # fmt: skip
"""What the overlap with references is called."""

_PLAIN = ("bleu", "chrf", "complexity", "lines")
"""The measures that are no shares."""

_RESAMPLED = "Intervals are the percentiles of a bootstrap of whole clusters of items."
_CODE_NOTE = (
    "Of the programs found in answers, which are parsed and never run; all but the first measure "
    "are of those that can be parsed. Complexity is that of a program's most complex function. "
    "What the question gives counts where the program continues or repeats it. "
    f"{_RESAMPLED}"
)
_REWRITING_NOTE = (
    "Beside the answer of the round before, or beside the candidates. Edited: the words to insert, "
    "delete or replace, as a share of the longer text; among candidates, of the one that most is "
    "copied from. Copied: the share of an answer's words that are in a run of 4 words which that "
    "answer, or any of the candidates, has too; from one: which a single candidate has. An answer "
    "that only confirms the one before it is unchanged; among candidates it is left out. "
    f"{_RESAMPLED}"
)


def overlap_table(measured: Sequence[MeasuredTexts]) -> Table:
    """Tabulate the overlap of summaries with their references."""
    signatures = dict.fromkeys(
        f"{OVERLAP[name]} {signature}"
        for one in measured
        for name, signature in one.panel.signatures.items()
        if name in OVERLAP
    )
    note = (
        "All from 0 to 100. ROUGE is the mean over items; BLEU and chrF are computed from counts "
        "of all items together, where no summary counts as an empty one. Runs of earlier versions "
        "have no such counts: `ptr-eval rescore` adds them. "
        f"{_RESAMPLED}{''.join(f' {text}.' for text in signatures)}"
    )
    rows = _rows(measured, OVERLAP)
    return _long("overlap", "Overlap with the references", rows, note)


def code_table(measured: Sequence[MeasuredTexts]) -> Table:
    """Tabulate what programs are like."""
    title = "Programs beyond right and wrong"
    return _long("code-quality", title, _rows(measured, CODE_NAMES), _CODE_NOTE)


def rewriting_table(measured: Sequence[MeasuredTexts]) -> Table:
    """Tabulate what later rounds rewrite and copy."""
    columns = (
        "task", "run", "round", "edited (%)", "95% low", "95% high", "copied (%)", "copied low",
        "copied high", "copied from one (%)", "unchanged (%)", "items",
    )  # fmt: skip
    rows = [
        TableRow(_rewriting_cells(one, t))
        for one in measured
        for t in one.rounds
        if ("edited", t) in one.found
    ]
    cut = sum(
        round(float(one.panel.answers["cut"][t - 1] * one.found["cut", t].value))
        for one in measured
        for t in one.rounds
        if ("cut", t) in one.found
    )
    long = f" Of {cut:,} comparisons only the first {MOST_WORDS:,} words were read." if cut else ""
    title = "What a round rewrites, and what it copies"
    return Table("rewriting", title, columns, tuple(rows), _REWRITING_NOTE + long)


def _rewriting_cells(one: MeasuredTexts, t: int) -> tuple[Cell, ...]:
    edited, copied = one.found["edited", t], one.found["copied", t]
    return (
        Cell(one.panel.task),
        Cell(one.panel.label.name),
        number(t),
        *(percent(value) for value in (edited.value, edited.low, edited.high)),
        *(percent(value) for value in (copied.value, copied.low, copied.high)),
        percent(one.found["copied_from_one", t].value),
        percent(one.found["unchanged", t].value),
        number(edited.items),
    )


def _rows(measured: Sequence[MeasuredTexts], names: Mapping[str, str]) -> tuple[TableRow, ...]:
    """Make a row of each measure and round."""
    return tuple(
        TableRow(_cells(one, each, names[name]))
        for one in measured
        for name in names
        for t in one.rounds
        if (each := one.found.get((name, t))) is not None
    )


def _cells(one: MeasuredTexts, each: TextEstimate, title: str) -> tuple[Cell, ...]:
    plain = each.name in _PLAIN
    shown = [number(v, 1) if plain else percent(v) for v in (each.value, each.low, each.high)]
    names = Cell(one.panel.task), Cell(one.panel.label.name), Cell(title), number(each.round)
    return (*names, *shown, number(each.items))


def _long(name: str, title: str, rows: tuple[TableRow, ...], note: str) -> Table:
    columns = ("task", "run", "measure", "round", "value", "95% low", "95% high", "items")
    return Table(name, title, columns, rows, note)
