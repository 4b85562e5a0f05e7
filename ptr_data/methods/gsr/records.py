"""What becomes of a question: sampled texts, a group of candidates, solutions."""

from dataclasses import dataclass

from ptr_data.records import Generation, Query
from ptr_eval.thinking import visible_answer


@dataclass(frozen=True, slots=True)
class Sampled:
    """A question asked alone.

    Attributes:
        query: The question.
        texts: What a model wrote, thinking blocks included.
    """

    query: Query
    texts: tuple[Generation, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A question with the candidates that are shown.

    Attributes:
        query: The question.
        candidates: The candidates in order, without thinking blocks.
        correct: How many of them are correct.
        prompt: What the user says, candidates included.
    """

    query: Query
    candidates: tuple[Generation, ...]
    correct: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Solved:
    """A group with what the teacher made of it.

    Attributes:
        group: The group.
        texts: The teacher's solutions, thinking blocks included.
    """

    group: Group
    texts: tuple[Generation, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution that is written without candidates.

    Attributes:
        query: The question.
        text: The solution, any thinking block included.
        model: Who wrote it; None if it is the source's own.
        tokens: Its length in tokens; None if it was not counted.
    """

    query: Query
    text: str
    model: str | None = None
    tokens: int | None = None


def fault(generation: Generation, thinking_end: str) -> str | None:
    """Say why a text cannot be correct, whatever it says.

    Args:
        generation: The text.
        thinking_end: The mark that ends its thinking block.

    Returns:
        A short reason; None if it may be correct.
    """
    if generation.failed is not None:
        return "failed"
    if generation.full:
        return "token limit"
    return None if visible_answer(generation.text, thinking_end).strip() else "empty"


def trained_text(text: str, thinking_end: str, *, keep_thinking: bool) -> str:
    """Word what a model is trained to say.

    Args:
        text: A full response.
        thinking_end: The mark that ends its thinking block.
        keep_thinking: Whether the block stays.

    Returns:
        The response. A block whose opening mark the chat template wrote gets it back.
    """
    if not keep_thinking:
        return visible_answer(text, thinking_end).strip()
    opening = thinking_end.replace("/", "", 1)
    before, mark, _ = text.partition(thinking_end) if thinking_end else (text, "", "")
    if mark and opening not in before:
        return f"{opening}\n{text.strip()}"
    return text.strip()
