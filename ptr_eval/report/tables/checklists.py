"""How much of its questions' checklists a run meets, round by round."""

from collections.abc import Sequence

import numpy as np

from ptr_eval.report.tables.number_format import number, p_value, percent
from ptr_eval.report.tables.table import Cell, Table, TableRow
from ptr_eval.runs.checklists import CheckedTask
from ptr_eval.stats import interval, paired_difference
from ptr_eval.stats.arrays import Floats

_COLUMNS = (
    "run", "task", "judge", "judges itself", "round", "questions", "answers", "met (%)", "95% low",
    "95% high", "change since round 1", "p", "items", "no verdict", "failed", "tokens",
)  # fmt: skip

_NOTE = (
    "A judge says of each item of a question's checklist whether an answer meets it. An answer's "
    "score is the share of items that it meets, of those with a verdict; met is the mean over "
    "questions, with a t interval over questions, and the change is paired by question. Questions "
    "without a checklist are left out, and so is what failed or was refused in the run itself."
)


def checklists_table(checked: Sequence[tuple[str, CheckedTask]]) -> Table:
    """Tabulate how much of the checklists is met in each round."""
    rows = tuple(row for run, task in checked for row in _rows(run, task))
    return Table("checklists", "How much of the checklists is met", _COLUMNS, rows, _NOTE)


def _rows(run: str, task: CheckedTask) -> list[TableRow]:
    rounds = sorted({answer.place[1] for answer in task.answers})
    numbers = sorted({answer.question for answer in task.answers})
    scores = {round_: _by_question(task, round_, numbers) for round_ in rounds}
    return [_row(run, task, round_, scores) for round_ in rounds]


def _row(run: str, task: CheckedTask, round_: int, scores: dict[int, Floats]) -> TableRow:
    answers = [answer for answer in task.answers if answer.place[1] == round_]
    mine, first = scores[round_], next(iter(scores.values()))
    known, both = ~np.isnan(mine), ~np.isnan(mine) & ~np.isnan(first)
    mean, change = interval(mine[known]), paired_difference(first[both], mine[both])
    is_first = mine is first
    items = [met for answer in answers for met in answer.met]
    failed = sum(answer.failed for answer in answers)
    names = (run, task.task, task.judge, "yes" if task.itself else "no")
    return TableRow(
        (
            *map(Cell, names),
            number(round_),
            number(int(known.sum())),
            number(len(answers)),
            percent(mean.value),
            percent(mean.low),
            percent(mean.high),
            Cell("–") if is_first else percent(change.value, signed=True),
            Cell("–") if is_first else p_value(change.p),
            number(len(items)),
            number(sum(met is None for met in items) - failed),
            number(failed),
            number(sum(answer.tokens for answer in answers)),
        )
    )


def _by_question(task: CheckedTask, round_: int, numbers: Sequence[int]) -> Floats:
    """Average the scores of each question's answers; nan where it has none."""
    scores: dict[int, list[float]] = {question: [] for question in numbers}
    for answer in task.answers:
        if answer.place[1] == round_ and answer.score is not None:
            scores[answer.question].append(answer.score)
    return np.array([np.mean(of_one) if of_one else np.nan for of_one in scores.values()])
