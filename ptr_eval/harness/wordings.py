"""`ptr_prompt`: which tasks of a run have the wording asked for."""

import logging
from collections.abc import Collection, Mapping

from ptr_eval.errors import UserError
from ptr_eval.harness.answer_key import TaskContext
from ptr_eval.harness.settings import NEWEST, PREFIX
from ptr_eval.instructions import is_path

_log = logging.getLogger(__name__)


def check_wordings(wanted: Mapping[str, str], own: Mapping[str, Collection[str]]) -> list[str]:
    """Refuse a wording that no task has; warn, a sentence each, of tasks that lack theirs.

    Args:
        wanted: The wording asked for, by task.
        own: The names of the task's former wordings, by task.

    Returns:
        The warnings.

    Raises:
        UserError: If no task has the wording that was asked for.
    """
    warnings = []
    for name in dict.fromkeys(wanted.values()):
        tasks = [task for task, asked in wanted.items() if asked == name]
        lacking = [task for task in tasks if name not in own[task]]
        if name == NEWEST or not lacking or is_path(name):
            continue
        if lacking == tasks:
            known = dict.fromkeys([NEWEST, *(one for task in tasks for one in own[task])])
            raise UserError(
                f"{PREFIX}prompt={name}: no such wording of {', '.join(tasks)}; choose one of "
                f"{', '.join(known)}, or name a template file."
            )
        warnings.append(
            f"{PREFIX}prompt={name}: no such wording of {', '.join(lacking)}, asked in the newest."
        )
    return warnings


def warn_of_wordings(tasks: Mapping[str, TaskContext]) -> None:
    """Warn of tasks that lack the wording asked for; one that none has is refused."""
    wanted = {task: context.settings.prompt for task, context in tasks.items()}
    for warning in check_wordings(wanted, {t: c.prompts for t, c in tasks.items()}):
        _log.warning("%s", warning)
