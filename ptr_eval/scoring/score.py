"""The record every scorer returns."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Verdict = Literal["correct", "wrong", "unparsed"]


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one response, with the answer that was found in it."""

    value: float
    """The value, from 0 to 1; 0 for `unparsed`."""
    verdict: Verdict
    """`correct`, `wrong`, or `unparsed` if no answer was found in the response."""
    answer: str | None
    """The answer that was found; None if none was found."""
    how: str
    """The rule that found the answer, or why none was found."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Further measures of the same response by name, such as `em` next to `f1`."""
    span: tuple[int, int] | None = None
    """Where the answer is in the response: start and end in characters; None if not known."""
    kept: bool = False
    """Whether the response only confirms an earlier answer, as "No changes needed." does."""
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Counts by the name of the figure that is computed from their sums over answers, such as
    `bleu`."""

    def __post_init__(self) -> None:
        if self.verdict not in get_args(Verdict):
            raise ValueError(f"verdict must be one of {get_args(Verdict)}, not {self.verdict!r}")

    @classmethod
    def of(
        cls, correct: bool, answer: str, how: str, span: tuple[int, int] | None = None
    ) -> "Score":
        """Score an answer that is either right (1) or wrong (0).

        Args:
            correct: Whether the answer is right.
            answer: The answer that was found.
            how: The rule that found it.
            span: Where it is in the response.

        Returns:
            The score.
        """
        verdict: Verdict = "correct" if correct else "wrong"
        return cls(float(correct), verdict, answer, how, span=span)

    @classmethod
    def unparsed(cls, how: str, kept: bool = False, **parts: float) -> "Score":
        """Score a response in which no answer was found: 0.

        Args:
            how: Why nothing was found.
            kept: Whether the response only confirms an earlier answer.
            **parts: Further measures by name.

        Returns:
            The score.
        """
        return cls(0.0, "unparsed", None, how, parts, kept=kept)

    def to_dict(self) -> dict[str, Any]:
        """Return the score as plain JSON types.

        Returns:
            A dict with the record's fields; `span`, `kept` and `counts` only where they are set.
        """
        fields = {**asdict(self), "parts": dict(self.parts)}
        fields["counts"] = {name: list(counts) for name, counts in self.counts.items()}
        if self.span is None:
            del fields["span"]
        if not self.kept:
            del fields["kept"]
        if not self.counts:
            del fields["counts"]
        return fields
