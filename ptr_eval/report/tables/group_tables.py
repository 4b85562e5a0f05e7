"""Groups of candidates: how many of them help, what refining takes, and what went amiss."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ptr_eval.report.data.group_measures import Measured, ends
from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.report.papers import gsr
from ptr_eval.report.tables.number_format import NOT_AVAILABLE, number, p_value, percent
from ptr_eval.report.tables.table import Cell, Row, Table
from ptr_eval.stats import Estimate, counted_groups, paired_difference, recorded_mean

Floats = npt.NDArray[np.float64]

_MAY_DIFFER = ("order", "first_round", "ledger", "wave")
"""Settings in which runs that are compared by order may differ: where answers come from or go."""


def candidates_table(measured: Sequence[Measured]) -> Table:
    """Tabulate what candidates are worth, the more of them there are."""
    return Table(
        "by-candidates",
        "Accuracy by number of candidates",
        (
            "task", "run", "k", "pass@k (%)", "pass: 95% low", "pass: 95% high", "maj@k (%)",
            "maj: 95% low", "maj: 95% high", "refined@k (%)",
        ),
        tuple(row for one in measured for row in _by_candidates(one)),
        "pass@k is the chance that any of k candidates is correct, maj@k the accuracy of their "
        "vote, where equivalent answers are one, ties are worth the mean of the tied answers and "
        "no answer is no vote. Both are exact means over all choices of k from a question's "
        "candidates, which estimates them for k fresh ones without bias; so maj@k here and on "
        "the groups that were refined may differ a little. Intervals are Student's t over "
        "questions.",
    )  # fmt: skip


def tokens_table(measured: Sequence[Measured], *, published: bool = False) -> Table:
    """Tabulate the tokens of refining beside those of solving, as Table 4 of the paper does."""
    columns = (
        "task", "run", "k", "solving directly", "of them summary", "summary (%)",
        "refining", "of them summary", "reduction (%)", "prompt of solving", "prompt of refining",
    )  # fmt: skip
    told = (
        one.panel
        for one in measured
        if one.panel.refined or not np.isnan(one.panel.solving.visible).all()
    )
    rows = [Row(tuple(_tokens(panel))) for panel in told]
    if published:
        rows += [Row(_published_tokens(*each), published=True) for each in gsr.tokens().items()]
    note = (
        "Mean tokens generated for an answer, over questions; the summary is what follows the "
        "thinking block, and all that is shown when refining. The reduction is by how much fewer "
        "a refined answer takes than a candidate; the k candidates come before it in any case."
    )
    theirs = " Published rows: Learning to Refine (arXiv 2509.00084), Table 4."
    return Table(
        "refining-tokens",
        "Tokens of refining and of solving directly",
        columns,
        tuple(rows),
        note + theirs * published,
    )


def order_table(measured: Sequence[Measured]) -> Table:
    """Compare runs that differ in nothing but the order in which candidates are shown."""
    columns = (
        "task", "run", "order", "refined (%)", "other run", "other order", "other refined (%)",
        "difference (points)", "95% low", "95% high", "detectable", "p", "same candidates",
    )  # fmt: skip
    rows = tuple(
        Row(tuple(_pair(one, other)))
        for one, other in combinations([m.panel for m in measured if m.panel.refined], 2)
        if _only_order_differs(one, other)
    )
    note = (
        "The difference is the other run less the first, paired by question, its interval "
        "Student's t over questions."
    )
    return Table("order", "Order in which candidates are shown", columns, rows, note)


def mishaps_table(panels: Sequence[GroupPanel]) -> Table:
    """Count what was not as asked."""
    columns = (
        "task", "run", "k", "groups", "lacking candidates", "not refined", "failed candidates",
        "without an answer", "without a text", "at the token limit", "budget (tokens)",
        "candidates cut when shown", "refining prompts cut", "failed refined answers",
        "refined without an answer",
    )  # fmt: skip
    note = (
        "Groups that lack candidates are left out, and so are those without a refined answer "
        "where others have one. Failed answers count as wrong. A candidate without a text "
        "after its thinking block is not shown; the others are cut evenly, each to an equal "
        "share of the budget, and further where the model's context is too small."
    )
    rows = tuple(Row(tuple(_mishaps(panel))) for panel in panels)
    return Table("mishaps", "Missing, failed and cut candidates", columns, rows, note)


def _by_candidates(one: Measured) -> Iterator[Row]:
    size, questions = one.panel.size, one.estimates.questions
    curve = zip(one.curve.pass_at, one.curve.majority_at, strict=True)
    for k, (passed, majority) in enumerate(curve, start=1):
        asked = one.panel.refined and k == size
        yield Row(
            (
                Cell(one.panel.task),
                Cell(one.panel.label.run),
                number(k),
                *_with_ends(passed, questions),
                *_with_ends(majority, questions),
                percent(one.estimates.refined.value) if asked else Cell("–"),
            )
        )


def _with_ends(estimate: Estimate, questions: int) -> tuple[Cell, Cell, Cell]:
    low, high = ends(estimate, questions)
    return percent(estimate.value), percent(low), percent(high)


def mean_tokens(panel: GroupPanel, tokens: Floats) -> float:
    """Average tokens over the groups that count, question by question."""
    kept = np.where(counted_groups(panel.groups)[..., None], tokens, np.nan)
    return float(recorded_mean(recorded_mean(kept.reshape(len(kept), -1), axis=1), axis=0))


def _tokens(panel: GroupPanel) -> Iterator[Cell]:
    def mean(tokens: Floats) -> float:
        return mean_tokens(panel, tokens)

    solving, refining = panel.solving, panel.refining
    direct, refined = mean(solving.generated), mean(refining.generated)
    summary = mean(solving.visible)
    yield from (Cell(panel.task), Cell(panel.label.run), number(panel.size))
    yield from (number(direct), number(summary), percent(_share(summary, direct)))
    yield from (number(refined), number(mean(refining.visible)))
    yield percent(1 - _share(refined, direct))
    yield from (number(mean(solving.prompt)), number(mean(refining.prompt)))


def _published_tokens(name: str, tokens: gsr.Tokens) -> tuple[Cell, ...]:
    return (
        Cell(name),
        Cell(gsr.NAME),
        number(gsr.SIZE),
        number(tokens.direct),
        *(NOT_AVAILABLE,) * 2,
        number(tokens.refining),
        NOT_AVAILABLE,
        number(tokens.reduction, 1),
        *(NOT_AVAILABLE,) * 2,
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _only_order_differs(one: GroupPanel, other: GroupPanel) -> bool:
    settings = [
        {name: value for name, value in panel.origin.settings.items() if name not in _MAY_DIFFER}
        for panel in (one, other)
    ]
    same = (one.task, one.scorer, one.label.checkpoint, one.refiner, settings[0]) == (
        other.task, other.scorer, other.label.checkpoint, other.refiner, settings[1],
    )  # fmt: skip
    return same and _order(one) != _order(other)


def _pair(one: GroupPanel, other: GroupPanel) -> Iterator[Cell]:
    _, at_one, at_other = np.intersect1d(one.items, other.items, return_indices=True)
    before, after = _by_question(one)[at_one], _by_question(other)[at_other]
    both = ~np.isnan(before) & ~np.isnan(after)
    change = paired_difference(before[both], after[both])
    same = all(
        np.array_equal(first, second, equal_nan=True)
        for first, second in (
            (one.items, other.items),
            (one.groups.classes, other.groups.classes),
            (one.solving.generated, other.solving.generated),
        )
    )
    yield Cell(one.task)
    for panel, values in ((one, before[both]), (other, after[both])):
        mean = recorded_mean(values, axis=0)
        yield from (Cell(panel.label.run), Cell(_order(panel)), percent(float(mean)))
    yield from (percent(x, signed=True) for x in (change.value, change.low, change.high))
    yield from (percent(change.detectable), p_value(change.p), Cell("yes" if same else "no"))


def _by_question(panel: GroupPanel) -> Floats:
    counted = counted_groups(panel.groups)[..., None]
    refined = np.where(counted, panel.groups.refined, np.nan)
    return recorded_mean(recorded_mean(refined, axis=2), axis=1)


def _order(panel: GroupPanel) -> str:
    return str(panel.origin.settings.get("order", "sampled"))


def _mishaps(panel: GroupPanel) -> Iterator[Cell]:
    present, counted = panel.groups.present, counted_groups(panel.groups)
    found = panel.mishaps
    yield from (Cell(panel.task), Cell(panel.label.run), number(panel.size))
    yield from (number(int(counted.sum())), number(found.unfinished))
    yield number(int((present & ~counted).sum()))
    before = (found.failed, found.unparsed, found.wordless, found.full)
    after = (found.shortened, found.prompts_cut, found.refined_failed, found.refined_unparsed)
    yield from map(number, before)
    yield _budget(panel)
    yield from map(number, after)


def _budget(panel: GroupPanel) -> Cell:
    """Say how many tokens all candidates may take in a prompt, where any were shown."""
    tokens = panel.origin.settings.get("candidate_tokens")
    return number(tokens) if panel.refined and tokens is not None else Cell("–")
