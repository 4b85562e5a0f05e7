"""Methods of making one answer of several candidates, by benchmark (GSR, Table 1)."""

from collections.abc import Iterator, Sequence

import numpy as np

from ptr_eval.report.data.group_measures import GroupMeasures
from ptr_eval.report.data.judged_matches import is_ranked, match_sentences
from ptr_eval.report.papers import gsr
from ptr_eval.report.tables.measure_lines import (
    averages_of,
    own_lines,
    published_line,
    rows_with_best,
    task_title,
    tasks_of_measures,
)
from ptr_eval.report.tables.number_format import percent
from ptr_eval.report.tables.table import Cell, Table
from ptr_eval.runs import Selection
from ptr_eval.stats import Difference, MatchedVote

_CANDIDATES = (
    "pass@1 is the accuracy of one candidate, maj@k that of the vote of k of them, BoN@k of the "
    "one that a reward model or judge chooses, pass@k the chance that any of them is correct, all "
    "on the same groups of candidates."
)
_MEASURES = (
    "selfRef@k is the accuracy of the answer refined from the same candidates, Ref@k of one that "
    "another model refines. The gap RG@k is selfRef@k - maj@k in points, its 95% interval from "
    "differences paired by question; the headroom is pass@k - maj@k. Votes of equal calls and "
    "equal tokens take what refining takes: k + 1 candidates, and as many as k candidates and a "
    "refined answer have tokens; they are means over all choices from a question's candidates, "
    "and missing where it has too few."
)
_ABOUT_PUBLISHED = (
    "Published rows: Learning to Refine (arXiv 2509.00084), Table 1. Its equal compute is one of "
    "calls (maj@5), not of tokens; on MATH500 a best-of-4 reaches 93.5, above selfRef@4. Averages "
    "are recomputed; the printed ones differ by rounding at most."
)


def methods_table(measured: Sequence[GroupMeasures], *, published: bool = False) -> Table:
    """Tabulate the methods of every run."""
    tasks = tasks_of_measures(measured, list(gsr.BENCHMARKS) if published else [])
    lines = list(own_lines(measured, lambda one: (one.panel.label.name,), _measures))
    if published:
        lines += [published_line(row, (row.model,)) for row in gsr.methods()]
    averages = averages_of(lines, tasks)
    lines = [line.averaged(averages) for line in lines]
    notes = [_CANDIDATES]
    notes += match_sentences(measured)
    notes += [_MEASURES] * any(one.panel.refined for one in measured)
    notes += [_ABOUT_PUBLISHED] * published
    return Table(
        "parallel-methods",
        "Methods of making one answer of several candidates",
        ("run", "measure", *map(task_title, tasks), *averages),
        tuple(rows_with_best(lines, tasks)),
        " ".join(notes),
    )


def _measures(one: GroupMeasures) -> Iterator[tuple[str, Cell]]:
    found, size = one.estimates, one.panel.size
    yield "pass@1", percent(found.pass_at_1.value)
    yield one.majority_name, percent(found.majority.value)
    if one.panel.refined:
        yield f"maj@{size + 1} (equal calls)", percent(one.calls.majority.value)
        yield "maj@k' (equal tokens)", _vote_of_size(one.tokens)
    for name, estimate in one.selected():
        yield name, _with_matches(percent(estimate.value), one.panel.selections[name])
    if one.panel.refined:
        yield one.refined_name, percent(found.refined.value)
        yield f"RG@{size}", _with_interval(found.gap, one.panel.no_claim)
        yield "headroom used", percent(found.headroom_used.value)
    yield f"pass@{size}", percent(found.pass_at_k.value)


def _with_matches(cell: Cell, chosen: Selection) -> Cell:
    """Print a choice, and how many of a judge's matches were decided."""
    if not chosen.matches:
        return cell
    text = f"{cell.text} ({chosen.outcomes['decided']:,} of {chosen.matches:,} decided)"
    return Cell(text, cell.value, ranked=is_ranked(chosen))


def _vote_of_size(matched: MatchedVote) -> Cell:
    """Print a vote, and of how many candidates it is."""
    cell = percent(matched.majority.value)
    if cell.value is None:
        return cell
    return Cell(f"{cell.text} (k' = {matched.candidates})", cell.value)


def _with_interval(gap: Difference, no_claim: str) -> Cell:
    cell = percent(gap.value, signed=True)
    if no_claim:
        return Cell(f"{cell.text} ({no_claim})", cell.value)
    if not np.isfinite(gap.low):
        return cell
    low, high = (percent(end, signed=True).text for end in (gap.low, gap.high))
    return Cell(f"{cell.text} [{low}, {high}]", cell.value)
