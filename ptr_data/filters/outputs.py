"""Texts that a model did not really write: failed, cut off, empty, in a loop, copied, refused."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from ptr_data.records import GeneratedText
from ptr_eval.config import Settings

Fault = tuple[str, str]
"""What is wrong with a text: a short reason, and a detail that may be empty."""

WINDOW = 40
"""How many characters in a row must occur again to count as repeated."""

_APOLOGY = re.compile(
    r"(i'm|i am)? ?(very |really |truly )?sorry|i apologi[sz]e|unfortunately|as an? ai\b"
)
_INABILITY = re.compile(
    r"\bi (can't|cannot|can not|do not|don't|am not able|am unable)\b|\bi'm (unable|not able)\b"
)


class OutputSettings(Settings):
    """Which texts are left out besides those that failed, were cut off or are empty."""

    repeated: Annotated[float, Field(gt=0, le=1)] = 0.4
    """The largest share of repeated text, see `repeated_share`; of 1,999 published instruction
    answers none has more than 0.29."""
    drop_copies: bool = True
    """Whether an answer that is equal to a thought is left out."""
    drop_refusals: bool = False
    """Whether a text that begins by declining the task is left out."""


def check_generation(generation: GeneratedText, settings: OutputSettings) -> Fault | None:
    """Look for what is wrong with a text by itself."""
    text = generation.text
    if generation.failed is not None:
        return "failed", generation.failed
    if generation.full:
        return "token limit", f"{generation.tokens} tokens"
    if not text.strip():
        return "empty", ""
    share = repeated_share(text)
    if share > settings.repeated:
        return "repeats itself", f"{share:.2f} of the text"
    if settings.drop_refusals and _declines(text):
        return "refusal", " ".join(text.split())[:80]
    return None


def check_answer(
    answer: GeneratedText, thoughts: Sequence[GeneratedText], settings: OutputSettings
) -> Fault | None:
    """Look for what is wrong with an answer."""
    fault = check_generation(answer, settings)
    if fault is None and settings.drop_copies:
        plain = answer.text.split()
        for number, thought in enumerate(thoughts, start=1):
            if thought.text.split() == plain:
                return "answer copies a thought", f"thought {number}, by {thought.model}"
    return fault


def repeated_share(text: str) -> float:
    """Measure how much of a text was in it before.

    The share of windows of `WINDOW` characters, one beginning at every character, that occurred
    earlier in the text; runs of blanks count as one. A text that says the same n times has
    about 1 - 1 / n.
    """
    plain = " ".join(text.split())
    windows = len(plain) - WINDOW + 1
    if windows < 1:
        return 0.0
    return 1 - len({plain[i : i + WINDOW] for i in range(windows)}) / windows


def _declines(text: str) -> bool:
    """Find "I cannot" or the like in the first words, after at most an apology."""
    first = " ".join(text.replace("\u2019", "'").casefold().split())[:200]
    inability = _INABILITY.search(first)
    return bool(inability and (inability.start() == 0 or _APOLOGY.match(first)))
