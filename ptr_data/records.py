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
class StageYield:
    """What a stage let through."""

    name: str
    """The stage."""
    rows_in: int
    """How many rows it was given."""
    rows_out: int
    """How many it passed on."""
    dropped: dict[str, int]
    """How many it dropped for each reason."""


def question_id(text: str) -> str:
    """Fingerprint a question: equal for texts that differ in case, blanks or Unicode form only."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]
