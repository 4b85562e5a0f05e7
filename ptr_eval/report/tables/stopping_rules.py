"""The scores of stopping rules, replayed on rounds that were all run."""

from collections.abc import Sequence

import numpy as np

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.number_format import NOT_AVAILABLE, not_claimed, number, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import agreement, best_fixed, last_round, oracle, recorded_mean, replay
from ptr_eval.stats.arrays import Codes

_COLUMNS = ("task", "run", "rule", "score (%)", "rounds", "generated tokens")

_NOTE = (
    "Over the dialogues with an answer in every round. The answer of the round stopped in counts, "
    "and no earlier one. Rounds and generated tokens are means over dialogues, tokens up to the "
    "stop. The best fixed round is chosen on one half of the items and scored on the other, both "
    "ways, the halves drawn at random; none is chosen where too many requests failed or were "
    "refused. Agreement stops once two rounds in a row give the same extracted answer. The oracle "
    "stops in the first correct round, or the first of the best where scores are not yes or no; "
    "knowing the answers, it is an upper bound that no rule can reach."
)


def stopping_table(panels: Sequence[Panel], *, rng: np.random.Generator) -> Table:
    """Tabulate each stopping rule's score and cost."""
    rows = tuple(row for panel in panels for row in _rows(panel, rng))
    return Table("stops", "When to stop refining", _COLUMNS, rows, _NOTE)


def _rows(panel: Panel, rng: np.random.Generator) -> list[TableRow]:
    whole, rounds = panel.complete(), panel.rounds
    items, samples, _ = whole.scores.shape
    return [
        _row(
            panel, f"last round ({rounds})", _numbers(whole, last_round((items, samples, rounds)))
        ),
        _best_row(panel, whole, rng),
        _row(panel, "agreement", _numbers(whole, agreement(whole.answers))),
        _row(panel, "oracle (upper bound, not a rule)", _numbers(whole, _oracle(whole))),
    ]


def _best_row(panel: Panel, whole: Panel, rng: np.random.Generator) -> TableRow:
    best = best_fixed(recorded_mean(whole.scores, axis=1), rng=rng)
    if no_claim := panel.no_claim(panel.rounds - 1):
        return _row(panel, "best fixed round", (not_claimed(no_claim),) * 3)
    rule = f"best fixed round (all items would choose {best.chosen + 1})"
    if np.isnan(best.mean):
        return _row(panel, rule, (NOT_AVAILABLE,) * 3)
    fixed = np.repeat(best.rounds[:, None], whole.scores.shape[1], axis=1)
    return _row(panel, rule, _numbers(whole, fixed))


def _row(panel: Panel, rule: str, numbers: tuple[Cell, Cell, Cell]) -> TableRow:
    return TableRow((Cell(panel.task), Cell(panel.label.name), Cell(rule), *numbers))


def _numbers(whole: Panel, rounds: Codes) -> tuple[Cell, Cell, Cell]:
    found = replay(rounds, whole.scores, whole.generated_tokens)
    return percent(found.score), number(found.rounds, 2), number(found.tokens, 1)


def _oracle(panel: Panel) -> Codes:
    if panel.binary:
        return oracle(panel.correct)
    # fmax passes over what is not recorded, and nothing equals nan.
    return oracle(panel.scores == np.fmax.reduce(panel.scores, axis=2, keepdims=True))
