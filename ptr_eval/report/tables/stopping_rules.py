"""The scores of stopping rules, replayed on rounds that were all run."""

from collections.abc import Sequence

import numpy as np

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.number_format import NOT_AVAILABLE, number, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.stats import Stopped, agreement, best_fixed, last_round, oracle, recorded_mean, replay
from ptr_eval.stats.arrays import Codes

_COLUMNS = ("task", "run", "rule", "score (%)", "rounds", "generated tokens")

_NOTE = (
    "The answer of the round stopped in counts, and no earlier one. Rounds and generated tokens "
    "are means over dialogues, tokens up to the stop. The best fixed round is chosen on one half "
    "of the items and scored on the other, both ways, the halves drawn at random. Agreement stops "
    "once two rounds in a row give the same extracted answer. The oracle stops in the first "
    "correct round, or the first of the best where scores are not yes or no; knowing the "
    "answers, it is an upper bound that no rule can reach."
)


def stopping_table(panels: Sequence[Panel], *, rng: np.random.Generator) -> Table:
    """Tabulate each stopping rule's score and cost."""
    rows = tuple(row for panel in panels for row in _rows(panel, rng))
    return Table("stops", "When to stop refining", _COLUMNS, rows, _NOTE)


def _rows(panel: Panel, rng: np.random.Generator) -> list[TableRow]:
    items, samples, rounds = panel.scores.shape
    best = best_fixed(recorded_mean(panel.scores, axis=1), rng=rng)
    fixed = np.repeat(best.rounds[:, None], samples, axis=1)
    replayed = {
        f"last round ({rounds})": _replay(panel, last_round((items, samples, rounds))),
        f"best fixed round (all items would choose {best.chosen + 1})": (
            None if np.isnan(best.mean) else _replay(panel, fixed)
        ),
        "agreement": _replay(panel, agreement(panel.answers)),
        "oracle (upper bound, not a rule)": _replay(panel, _oracle(panel)),
    }
    return [_row(panel, rule, stopped) for rule, stopped in replayed.items()]


def _row(panel: Panel, rule: str, stopped: Stopped | None) -> TableRow:
    numbers = (NOT_AVAILABLE,) * 3
    if stopped is not None:
        numbers = (percent(stopped.score), number(stopped.rounds, 2), number(stopped.tokens, 1))
    return TableRow((Cell(panel.task), Cell(panel.label.run), Cell(rule), *numbers))


def _replay(panel: Panel, rounds: Codes) -> Stopped:
    return replay(rounds, panel.scores, panel.generated_tokens)


def _oracle(panel: Panel) -> Codes:
    if panel.binary:
        return oracle(panel.correct)
    # fmax passes over what is not recorded, and nothing equals nan.
    return oracle(panel.scores == np.fmax.reduce(panel.scores, axis=2, keepdims=True))
