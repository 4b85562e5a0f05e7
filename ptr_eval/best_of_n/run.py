"""Reading a saved run's candidates, choosing among them, and writing the choices down."""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from ptr_eval.best_of_n.candidates import read_groups
from ptr_eval.best_of_n.choice import Chosen
from ptr_eval.best_of_n.classifier import RewardSettings
from ptr_eval.best_of_n.judge import JudgeSettings, choose_by_judge
from ptr_eval.best_of_n.reward import choose_by_reward
from ptr_eval.best_of_n.summary import summary
from ptr_eval.best_of_n.writing import write_choices
from ptr_eval.errors import UserError
from ptr_eval.runs import Method, Selector, check_free
from ptr_eval.runs.records import name_problem


def select(
    run: Path,
    settings: RewardSettings | JudgeSettings,
    *,
    name: str | None = None,
    tasks: Sequence[str] = (),
    group: int | None = None,
    ledger: Path | None = None,
) -> list[str]:
    """Choose one candidate of each group of a saved run, and write the choices beside it.

    Args:
        run: The run's results file, or a folder that holds it.
        settings: The reward model or the judge.
        name: What the selector is called; the last part of its model's name by default.
        tasks: The tasks wanted; all if empty.
        group: Make groups of so many samples, where a sample is one answer.
        ledger: A file that records every score and reply, so that a killed call can go on;
            beside the results by default.

    Returns:
        A table of what choosing is worth, line by line.

    Raises:
        UserError: If the run has no such groups, or the model cannot be used.
    """
    method: Method = "reward" if isinstance(settings, RewardSettings) else "judge"
    selector = Selector(_name(name, settings.model), method, settings.model)
    found = read_groups(run, tasks, group)
    for task in found:
        check_free(task.samples, task.task, selector)
    path = ledger or found[0].samples.with_name(f"selections_{selector.name}.ledger")
    groups = [each for task in found for each in task.groups]
    if isinstance(settings, RewardSettings):
        chosen = choose_by_reward(groups, settings, path)
    else:
        chosen = choose_by_judge(groups, settings, path)
    everything = iter(chosen.choices)
    divided = [tuple(islice(everything, len(task.groups))) for task in found]
    for task, choices in zip(found, divided, strict=True):
        write_choices(task, selector, Chosen(choices, chosen.settings))
    return summary(found, divided)


def _name(given: str | None, model: str) -> str:
    if given is None:
        last = model.rstrip("/").rpartition("/")[2]
        return re.sub(r"[^A-Za-z0-9._-]+", "-", last).lstrip("._-") or "selector"
    if problem := name_problem(given):
        raise UserError(problem)
    return given
