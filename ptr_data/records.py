"""What refinement data are made of, from a bare question to a finished row.

Records are frozen and are written as one JSON object each, in the order of their fields.
"""

import hashlib
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A question, as a source has it."""

    id: str
    """A fingerprint of its text, see `query_id`."""
    text: str
    """The question, with any input that belongs to it."""
    reference: str
    """The source's own answer; empty if it has none."""
    source: str
    """The file or data set it comes from."""
    row: int
    """Its place there, from 1."""


@dataclass(frozen=True, slots=True)
class GeneratedText:
    """A text that a model wrote."""

    text: str
    """The text, its thinking block left out."""
    model: str
    """The name of the model in the configuration."""
    tokens: int
    """Its length in tokens."""
    full: bool = False
    """Whether it filled its token limit, so that it may be cut off."""
    failed: str | None = None
    """Why there is none; None if there is one."""


@dataclass(frozen=True, slots=True)
class QuestionTexts:
    """A question with what models wrote about it, not yet judged."""

    query: Question
    """The question."""
    thoughts: tuple[GeneratedText, ...]
    """The weak models' attempts, in the order in which they are shown."""
    shown: int
    """How many of the thoughts the strong model and the trained model see; the further ones, if
    any, serve as rejected answers of preference pairs."""
    answers: tuple[GeneratedText, ...]
    """The strong model's samples."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was left out, and why."""

    query: Question
    """The question."""
    stage: str
    """The stage that dropped it."""
    reason: str
    """A short reason, the same for all that are counted together."""
    detail: str = ""
    """What exactly was found, such as the matched benchmark item; may be empty."""


@dataclass(frozen=True, slots=True)
class LeftOutText:
    """A text that was left out; its question went on if enough others were left."""

    query: str
    """The question's fingerprint."""
    stage: str
    """The stage that left it out."""
    generation: GeneratedText
    """The text."""
    reason: str
    """A short reason, the same for all that are counted together."""
    detail: str = ""
    """What exactly was found; may be empty."""


def question_id(text: str) -> str:
    """Fingerprint a question: equal for texts that differ in case, blanks or Unicode form only."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]
