"""What becomes of a question: thoughts, answers, and a score of how well the answers agree."""

from dataclasses import dataclass

from ptr_data.records import GeneratedText, Question


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
class ScoredTexts:
    """A candidate and its consistency, for reading on both sides of the threshold."""

    score: float
    """The mean cosine of the strong model's samples."""
    candidate: QuestionTexts
    """The candidate."""


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
