"""What every round cost, and what it gained."""

from collections.abc import Sequence

import numpy as np

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.number_format import number
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import tokens_per_correct, tokens_per_net_fix
from ptr_eval.stats.arrays import Floats

_COLUMNS = (
    "task", "run", "round", "prompt tokens", "of them cached", "of them uncached",
    "generated tokens", "seconds", "generated so far", "correct",
    "generated tokens per correct answer", "generated tokens per net fix",
)  # fmt: skip

_NOTE = (
    "Totals over all items and samples; a request that failed or was refused adds no tokens. "
    "Tokens per correct answer are all those that the dialogues with an answer in a round took up "
    "to and in it, over its number of correct answers. Tokens per net fix are those generated "
    "after round 1, over the number of answers fixed less that of answers broken since, of the "
    "dialogues with an answer in both rounds; without "
    "a net gain there is no price. Where a round asks several answers at once, none are counted."
)


def costs_table(panels: Sequence[Panel]) -> Table:
    """Tabulate the tokens and the time that every round took."""
    rows = tuple(row for panel in panels for row in _rows(panel))
    return Table("costs", "Cost of every round", _COLUMNS, rows, _NOTE)


def _rows(panel: Panel) -> list[TableRow]:
    generated = _totals(panel.generated_tokens)
    so_far = np.cumsum(generated)
    prompt, seconds = _totals(panel.prompt_tokens), _totals(panel.seconds)
    if not prompt.any():  # Saved answers from a file have no prompts.
        prompt = np.full(panel.rounds, np.nan)
    cached = _totals(panel.cached_tokens)
    uncached = _totals(panel.prompt_tokens - panel.cached_tokens)
    correct = _totals(panel.correct)
    if panel.width > 1:  # Verdicts are those of whole rounds, not of answers.
        correct = np.full(panel.rounds, np.nan)
    return [
        TableRow(
            (
                Cell(panel.task),
                Cell(panel.label.name),
                number(t + 1),
                number(prompt[t]),
                number(cached[t]),
                number(uncached[t]),
                number(generated[t]),
                number(seconds[t], 1),
                number(so_far[t]),
                number(correct[t]),
                number(tokens_per_correct(_spent(panel.complete(t), 0, t), correct[t]), 1),
                number(_per_net_fix(panel.complete(0, t), t), 1),
            )
        )
        for t in range(panel.rounds)
    ]


def _totals(values: Floats) -> Floats:
    """Sum what is recorded in each round, [N, S, T] to [T]; nan where nothing is."""
    recorded = np.asarray(~np.isnan(values))
    sums = np.where(recorded, values, 0.0).sum(axis=(0, 1))
    return np.where(recorded.any(axis=(0, 1)), sums, np.nan)


def _spent(panel: Panel, first: int, last: int) -> float:
    """Sum the tokens generated in some rounds; nan where none are recorded in the last."""
    totals = _totals(panel.generated_tokens)[first : last + 1]
    return float(np.nansum(totals)) if len(totals) and not np.isnan(totals[-1]) else float("nan")


def _per_net_fix(both: Panel, t: int) -> float:
    if both.width > 1 or t == 0:
        return float("nan")
    was, is_ = _totals(both.correct)[[0, t]]
    return tokens_per_net_fix(_spent(both, 1, t), float(is_ - was))
