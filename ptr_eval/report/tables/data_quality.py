"""How many answers are not what was asked for: of every round, and of groups of candidates."""

from collections.abc import Iterator, Sequence

from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.report.data.outcomes import MOST_MISSING, OUTCOMES, missing_share
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.number_format import number, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import counted_groups

_COLUMNS = (
    "task", "run", "k", "groups", "lacking candidates", "not refined", "failed candidates",
    "refused candidates", "without an answer", "without a text", "at the token limit",
    "budget (tokens)", "candidates cut when shown", "refining prompts cut",
    "failed refined answers", "refused refined answers", "refined without an answer",
    "only confirming a candidate",
)  # fmt: skip

_NOTE = (
    "Groups that lack candidates are left out, and so are those without a refined answer "
    "where others have one. What failed or was refused is no answer. A candidate without a text "
    "after its thinking block is not shown; the others are cut evenly, each to an equal "
    "share of the budget, and further where the model's context is too small."
)


_OUTCOME_COLUMNS = (
    "task", "run", "round", "requests", *(name.replace("_", " ") for name in OUTCOMES),
    "failed or refused (%)", "empty or cut off (%)",
)  # fmt: skip

_OUTCOME_NOTE = (
    "Requests that failed or were refused left nothing of the model to judge: no figure counts "
    "them, and rounds are compared over the answers that exist in both. Where they are more than "
    f"{MOST_MISSING * 100:.0f} % of a round, what rests on it has no p values, ranks or marks of "
    "the best. Empty answers, and those cut off before the thinking block ended, are the model's "
    "own: they count as answers in which none was found."
)


def outcomes_table(panels: Sequence[Panel]) -> Table:
    """Count what came of the requests of every round."""
    rows = tuple(
        TableRow(tuple(_outcome_cells(panel, t))) for panel in panels for t in range(panel.rounds)
    )
    title = "What came of the requests"
    return Table("outcomes", title, _OUTCOME_COLUMNS, rows, _OUTCOME_NOTE)


def _outcome_cells(panel: Panel, t: int) -> Iterator[Cell]:
    counts = panel.outcomes[t]
    total = int(counts.sum())
    yield from (Cell(panel.task), Cell(panel.label.name), number(t + 1), number(total))
    yield from map(number, counts)
    own = counts[OUTCOMES.index("empty")] + counts[OUTCOMES.index("cut_off")]
    yield from (percent(missing_share(counts)), percent(own / total if total else float("nan")))


def data_quality_table(panels: Sequence[GroupPanel]) -> Table:
    """Count what is missing, failed or cut."""
    rows = tuple(TableRow(tuple(_cells(panel))) for panel in panels)
    return Table("data-quality", "Missing, failed and cut candidates", _COLUMNS, rows, _NOTE)


def _cells(panel: GroupPanel) -> Iterator[Cell]:
    present, counted = panel.groups.present, counted_groups(panel.groups)
    found = panel.quality
    yield from (Cell(panel.task), Cell(panel.label.name), number(panel.size))
    yield from (number(int(counted.sum())), number(found.unfinished))
    yield number(int((present & ~counted).sum()))
    candidates, refined = (
        dict(zip(OUTCOMES, map(int, counts), strict=True))
        for counts in (found.candidates, found.refined)
    )
    without_text = candidates["empty"] + candidates["cut_off"]
    yield from map(number, (candidates["failed"], candidates["refused"]))
    yield from map(number, (found.no_answer, without_text, found.full))
    yield _budget(panel)
    yield from map(number, (found.shortened, found.truncated))
    yield from map(number, (refined["failed"], refined["refused"]))
    yield from map(number, (found.refined_no_answer, found.refined_kept))


def _budget(panel: GroupPanel) -> Cell:
    """Print how many tokens all candidates may take in a prompt, where any were shown."""
    tokens = panel.origin.settings.get("candidate_tokens")
    return number(tokens) if panel.refined and tokens is not None else Cell("–")
