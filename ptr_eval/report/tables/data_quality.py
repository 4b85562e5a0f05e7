"""How many candidates and refined answers are not what was asked for."""

from collections.abc import Iterator, Sequence

from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.report.tables.number_format import number
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import counted_groups

_COLUMNS = (
    "task", "run", "k", "groups", "lacking candidates", "not refined", "failed candidates",
    "without an answer", "without a text", "at the token limit", "budget (tokens)",
    "candidates cut when shown", "refining prompts cut", "failed refined answers",
    "refined without an answer", "only confirming a candidate",
)  # fmt: skip

_NOTE = (
    "Groups that lack candidates are left out, and so are those without a refined answer "
    "where others have one. Failed answers count as wrong. A candidate without a text "
    "after its thinking block is not shown; the others are cut evenly, each to an equal "
    "share of the budget, and further where the model's context is too small."
)


def data_quality_table(panels: Sequence[GroupPanel]) -> Table:
    """Count what is missing, failed or cut."""
    rows = tuple(TableRow(tuple(_cells(panel))) for panel in panels)
    return Table("data-quality", "Missing, failed and cut candidates", _COLUMNS, rows, _NOTE)


def _cells(panel: GroupPanel) -> Iterator[Cell]:
    present, counted = panel.groups.present, counted_groups(panel.groups)
    found = panel.quality
    yield from (Cell(panel.task), Cell(panel.label.run), number(panel.size))
    yield from (number(int(counted.sum())), number(found.unfinished))
    yield number(int((present & ~counted).sum()))
    before = (found.failed, found.no_answer, found.empty, found.full)
    after = (found.shortened, found.truncated, found.refined_failed, found.refined_no_answer)
    yield from map(number, before)
    yield _budget(panel)
    yield from map(number, (*after, found.refined_kept))


def _budget(panel: GroupPanel) -> Cell:
    """Print how many tokens all candidates may take in a prompt, where any were shown."""
    tokens = panel.origin.settings.get("candidate_tokens")
    return number(tokens) if panel.refined and tokens is not None else Cell("–")
