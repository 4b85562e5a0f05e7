"""Asking a model, greedily and through its chat template, and keeping every answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import add, kept

AT_ONCE = 64
"""How many answers are written at the same time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions for one file of answers."""

    path: Path
    """The file."""
    messages: Mapping[int, list[dict[str, str]]]
    """By the question's place, what is asked."""
    tokens: int
    """The longest answer."""
    how: Mapping[str, Any]
    """How to decode; greedily if empty."""


def load(model: Path) -> Any:
    """Load the model once, in bf16.

    Args:
        model: Its folder.

    Returns:
        A vLLM engine.
    """
    from vllm import LLM

    return LLM(
        str(model), dtype="bfloat16", max_num_seqs=AT_ONCE, max_model_len=4096, seed=0,
        enforce_eager=True,
    )  # fmt: skip


def missing(asked: Asked) -> list[int]:
    """List the places of the questions that their file lacks, or has with another prompt."""
    there = kept(asked.path)
    return [p for p, m in asked.messages.items() if p not in there or there[p]["asked"] != m]


def ask(llm: Any, asked: Asked) -> int:
    """Ask what is missing, and keep the answers.

    Args:
        llm: The engine.
        asked: What to ask.

    Returns:
        How many tokens were generated.
    """
    from vllm import SamplingParams

    todo, generated = missing(asked), 0
    sampling = SamplingParams(**{"temperature": 0, "max_tokens": asked.tokens, **asked.how})
    for start in range(0, len(todo), 2 * AT_ONCE):
        part = todo[start : start + 2 * AT_ONCE]
        shown = [asked.messages[place] for place in part]
        replies = llm.chat(shown, sampling, use_tqdm=False)
        rows = [_row(*each) for each in zip(part, shown, replies, strict=True)]
        add(asked.path, rows)
        generated += sum(row["tokens"] for row in rows)
    return generated


def _row(place: int, messages: Sequence[dict[str, str]], reply: Any) -> dict[str, Any]:
    return {
        "place": place,
        "asked": messages,
        "answers": [one.text for one in reply.outputs],
        "tokens": sum(len(one.token_ids) for one in reply.outputs),
        "ends": [one.finish_reason for one in reply.outputs],
    }
