"""What choosing is worth, as a small table."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ptr_eval.best_of_n.candidates import TaskGroups
from ptr_eval.best_of_n.choice import Choice
from ptr_eval.judge import MATCH_OUTCOMES, NO_FIGURE, decides, outcomes_in_words
from ptr_eval.stats import Estimate, interval


def summary(tasks: Sequence[TaskGroups], choices: Sequence[Sequence[Choice]]) -> list[str]:
    """Compare the chosen candidates with all of them, and with the best of each group.

    Below stands what is left out, and how a judge's matches ended.
    """
    head = ["task", "k", "questions", "groups", "pass@1", "best-of-k", "pass@k"]
    rows = [head, *map(_row, tasks, choices)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    table = ["  ".join(row).rstrip() for row in padded]
    return [
        *table,
        *filter(None, map(_missing, tasks)),
        *filter(None, map(_matches, tasks, choices)),
    ]


def _row(task: TaskGroups, choices: Sequence[Choice]) -> list[str]:
    correct = np.array([group.correct for group in task.groups], dtype=float)
    chosen = np.array(
        [
            0.0 if choice.position is None else row[choice.position]
            for row, choice in zip(correct, choices, strict=True)
        ]
    )
    known = ~np.isnan(correct).all(axis=1)
    questions = np.array([group.doc_id for group in task.groups])[known]
    correct, chosen = correct[known], chosen[known]
    values = (np.nanmean(correct, axis=1), chosen, np.nanmax(correct, axis=1))
    shown = [_shown(_by_question(value, questions)) for value in values]
    if not decides(_outcomes(choices)):
        shown[1] = "n/a"
    counts = (task.size, len(np.unique(questions)), len(questions))
    return [task.task, *map(str, counts), *shown]


def _missing(task: TaskGroups) -> str:
    missing = sum(correct is None for group in task.groups for correct in group.correct)
    if not missing:
        return ""
    return (
        f"{task.task}: {missing:,} candidates are left out, whose requests failed or were refused."
    )


def _matches(task: TaskGroups, choices: Sequence[Choice]) -> str:
    outcomes = _outcomes(choices)
    if not any(outcomes.values()):
        return ""
    told = f"{task.task}: {outcomes_in_words(outcomes)}."
    return told if decides(outcomes) else f"{told} {NO_FIGURE}"


def _outcomes(choices: Sequence[Choice]) -> dict[str, int]:
    return {
        outcome: int(sum(choice.counts.get(outcome, 0) for choice in choices))
        for outcome in MATCH_OUTCOMES
    }


def _by_question(values: npt.NDArray[np.float64], questions: npt.NDArray[np.int64]) -> Estimate:
    numbers = np.unique(questions, return_inverse=True)[1]
    return interval(np.bincount(numbers, weights=values) / np.bincount(numbers))


def _shown(estimate: Estimate) -> str:
    if np.isnan(estimate.value):
        return "n/a"
    error = "" if np.isnan(estimate.error) else f" ± {estimate.error:.3f}"
    return f"{estimate.value:.3f}{error}"
