"""What refinement data are made of, from a bare question to a finished row.

Records are frozen and are written as one JSON object each, in the order of their fields.
"""

import hashlib
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A question, as a source has it.

    Attributes:
        id: A fingerprint of its text, see `query_id`.
        text: The question, with any input that belongs to it.
        reference: The source's own answer; empty if it has none.
        source: The file or data set it comes from.
        row: Its place there, from 1.
    """

    id: str
    text: str
    reference: str
    source: str
    row: int


@dataclass(frozen=True, slots=True)
class Generation:
    """A text that a model wrote.

    Attributes:
        text: The text, its thinking block left out.
        model: The name of the model in the configuration.
        tokens: Its length in tokens.
        full: Whether it filled its token limit, so that it may be cut off.
        failed: Why there is none; None if there is one.
    """

    text: str
    model: str
    tokens: int
    full: bool = False
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question with what models wrote about it, not yet judged.

    Attributes:
        query: The question.
        thoughts: The weak models' attempts, in the order in which they are shown.
        shown: How many of the thoughts the strong model and the trained model see; the further
            ones, if any, serve as rejected answers of preference pairs.
        answers: The strong model's samples.
    """

    query: Query
    thoughts: tuple[Generation, ...]
    shown: int
    answers: tuple[Generation, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was left out, and why.

    Attributes:
        query: The question.
        stage: The stage that dropped it.
        reason: A short reason, the same for all that are counted together.
        detail: What exactly was found, such as the matched benchmark item; may be empty.
    """

    query: Query
    stage: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A text that was left out; its question went on if enough others were left.

    Attributes:
        query: The question's fingerprint.
        stage: The stage that left it out.
        generation: The text.
        reason: A short reason, the same for all that are counted together.
        detail: What exactly was found; may be empty.
    """

    query: str
    stage: str
    generation: Generation
    reason: str
    detail: str = ""


def query_id(text: str) -> str:
    """Fingerprint a question: equal for texts that differ in case, blanks or Unicode form only.

    Args:
        text: The question.

    Returns:
        Sixteen hexadecimal digits.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]
