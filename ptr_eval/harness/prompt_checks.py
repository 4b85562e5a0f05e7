"""What a task's prompts must be: filled in, different for different questions, and all shown."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import jinja2

from ptr_eval.errors import UserError
from ptr_eval.harness.answer_key import DialogueSpec
from ptr_eval.protocols import Step

_LOOKED_AT = 50


def cannot_be_filled_in(
    task: str, what: str, doc: Mapping[str, Any], error: jinja2.TemplateError
) -> UserError:
    """Say that a template of a task does not fit its questions."""
    return UserError(
        f"{task}: {what} cannot be filled in ({_flat(str(error))}); correct it, a question has the "
        f"fields {', '.join(doc)}."
    )


def check_prompts(task: str, docs: Iterable[Mapping[str, Any]], prompts: Iterable[Any]) -> None:
    """Refuse a template that makes the same prompt of different questions."""
    pairs = list(islice(zip(docs, prompts, strict=False), _LOOKED_AT))
    different = any(doc != pairs[0][0] for doc, _ in pairs)
    if different and all(prompt == pairs[0][1] for _, prompt in pairs):
        raise UserError(
            f"{task}: doc_to_text makes the same prompt of different questions; show what is "
            f"asked, a question has the fields {', '.join(pairs[0][0])}."
        )


def transcript_stops(until: Sequence[str], question: str, delimiter: str) -> list[str]:
    """Find stops that end an answer where a plain transcript would go on to the next question.

    Args:
        until: A task's stops.
        question: The text of one of its questions.
        delimiter: What stands between an answer and the next question.

    Returns:
        Those that the transcript needs.
    """
    begins = question.lstrip()
    return [
        stop
        for stop in until
        if (delimiter and stop.startswith(delimiter))
        or (stop.strip() and begins.startswith(stop.strip()))
    ]


def without_system_prompt(specs: Sequence[DialogueSpec], held: Sequence[Sequence[Step]]) -> int:
    """Count prompts that lack the system prompt, since the chat template left it out."""
    missing = 0
    for spec, steps in zip(specs, held, strict=True):
        system = "\n".join(m.content for m in spec.opening.opening if m.role == "system").strip()
        if not system:
            continue
        wanted = {_flat(system), _flat(json.dumps(system)[1:-1])}
        wanted.add(_flat(json.dumps(system, ensure_ascii=False)[1:-1]))
        prompts = [_flat(reply.prompt) for step in steps for _, reply in step if reply.prompt]
        missing += sum(not any(text in prompt for text in wanted) for prompt in prompts)
    return missing


def _flat(text: str) -> str:
    return " ".join(text.split())
