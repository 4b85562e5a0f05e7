"""What `--limit` and `--samples` may choose: some documents, each of which is there, each once."""

from typing import Any

from ptr_eval.errors import UserError


def check_choice(task: str, size: int, *, limit: int | None, samples: Any) -> None:
    """Refuse a choice that lm-eval would misread: it takes an empty one for all documents.

    Args:
        task: The task's name.
        size: How many documents it has.
        limit: How many are asked, as lm-eval counts a share out; None for all.
        samples: The numbers of those that are asked, as the user gave them; None for all.
    """
    if limit is not None and limit < 1:
        raise UserError(
            f"--limit chooses no document of {task}; give a number from 1, or a share above 0."
        )
    if samples is not None and (problem := _problem(samples, size)):
        raise UserError(f"--samples: {task} {problem}.")


def _problem(samples: Any, size: int) -> str | None:
    if not isinstance(samples, list | tuple) or not all(type(i) is int for i in samples):
        return f"needs a list of whole numbers, such as [0, 3], not {samples!r}"
    if not samples:
        return "is given an empty list; name its documents, or leave the task out of --tasks"
    if wrong := [i for i in samples if not 0 <= i < size]:
        return f"has documents 0 to {size - 1}, not {', '.join(map(str, wrong))}"
    if twice := sorted({i for i in samples if samples.count(i) > 1}):
        return f"is given document {', '.join(map(str, twice))} more than once"
    return None
