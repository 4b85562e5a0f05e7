"""What becomes of a question: sampled texts, a group of candidates, solutions."""

from dataclasses import dataclass

from ptr_data.records import GeneratedText, Question
from ptr_eval.thinking import visible_answer


@dataclass(frozen=True, slots=True)
class SampledAnswers:
    """A question asked alone."""

    query: Question
    """The question."""
    texts: tuple[GeneratedText, ...]
    """What a model wrote, thinking blocks included."""


@dataclass(frozen=True, slots=True)
class CandidateGroup:
    """A question with the candidates that are shown."""

    query: Question
    """The question."""
    candidates: tuple[GeneratedText, ...]
    """The candidates in order, without thinking blocks."""
    correct: int
    """How many of them are correct."""
    prompt: str
    """What the user says, candidates included."""


@dataclass(frozen=True, slots=True)
class SolvedGroup:
    """A group with what the teacher made of it."""

    group: CandidateGroup
    """The group."""
    texts: tuple[GeneratedText, ...]
    """The teacher's solutions, thinking blocks included."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution that is written without candidates."""

    query: Question
    """The question."""
    text: str
    """The solution, any thinking block included."""
    model: str | None = None
    """Who wrote it; None if it is the source's own."""
    tokens: int | None = None
    """Its length in tokens; None if it was not counted."""


def fault(generation: GeneratedText, thinking_end: str) -> str | None:
    """Say why a text cannot be correct, whatever it says."""
    if generation.failed is not None:
        return "failed"
    if generation.full:
        return "token limit"
    return None if visible_answer(generation.text, thinking_end).strip() else "empty"


def trained_text(text: str, thinking_end: str, *, keep_thinking: bool) -> str:
    """Word what a model is trained to say."""
    if not keep_thinking:
        return visible_answer(text, thinking_end).strip()
    opening = thinking_end.replace("/", "", 1)
    before, mark, _ = text.partition(thinking_end) if thinking_end else (text, "", "")
    if mark and opening not in before:
        return f"{opening}\n{text.strip()}"
    return text.strip()
