"""Writing answers into what lm-eval logs: the only place that fills its requests.

lm-eval writes the results and samples files itself. What it writes of an answer is what stands in
the arguments and the filtered responses of its request (`lm_eval.api.instance.Instance`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ptr_eval.runs.answer import Answer, answer_from_json, answer_to_json


def put_answer(instance: Any, answer: Answer) -> None:
    """Put an answer that is not scored yet into its request.

    Args:
        instance: The request.
        answer: The answer.
    """
    _, settings, _ = instance.arguments
    instance.arguments = (answer.reply.prompt, settings, answer)


def answer_in(instance: Any) -> Answer:
    """Take an answer out of its request.

    Args:
        instance: A request that `put_answer` filled.

    Returns:
        The answer.
    """
    answer: Answer = instance.arguments[2]
    return answer


def log_answer(instance: Any, answer: Answer, scorers: Sequence[str]) -> None:
    """Fill a request with all that lm-eval is to log of its answer.

    Args:
        instance: The request.
        answer: The answer with its grades.
        scorers: The scorers that were applied, whether or not there was something to score; if none
            was (`--predict_only`), the answer's text is logged.
    """
    prompt, settings, _ = instance.arguments
    instance.arguments = (prompt, settings, answer_to_json(answer))
    # Seconds differ between a resumed run and an uninterrupted one; their samples must not.
    plain = replace(answer, reply=replace(answer.reply, seconds=None, cached_tokens=None))
    shown: Mapping[str, Any] = {name: replace(plain, scorer=name) for name in scorers}
    instance.filtered_resps.update(shown or {"none": answer.reply.response})


def logged_answers(samples: list[dict[str, Any]]) -> dict[int, list[Answer]]:
    """Read the answers that lm-eval is about to write, or has just written.

    Args:
        samples: The samples of one task, as `simple_evaluate` returns them.

    Returns:
        By question, its scored answers.
    """
    found: dict[int, list[Answer]] = {}
    for sample in samples:
        number = sample["doc_id"]
        if number not in found:
            logged = zip(_each(sample["arguments"]), sample["resps"], strict=True)
            found[number] = [
                answer_from_json(record, number, prompt, response)
                for (prompt, _, record), (response, *_) in logged
            ]
    return found


def plain_sample(target: str, answers: Sequence[Answer]) -> dict[str, Any]:
    """Spell a dialogue as lm-eval logs a task that asks once: one prompt, one response.

    Args:
        target: The right answer as the task words it.
        answers: The dialogue's scored answers.

    Returns:
        The first prompt with the last response, and what the first scorer found in that.
    """
    first, last = answers[0], answers[-1]
    return {
        "doc_id": first.question,
        "target": target,
        "arguments": [(first.reply.prompt,)],
        "resps": [[last.reply.response]],
        "filtered_resps": [str(last)],
    }


def _each(arguments: Any) -> list[Any]:
    """lm-eval turns the tuples into dictionaries when it writes them."""
    if isinstance(arguments, Mapping):
        return [list(each.values()) for each in arguments.values()]
    return list(arguments)
