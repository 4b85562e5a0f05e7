"""Which candidates are shown, and which solutions are kept.

All choices are made by hash, so that they depend on nothing but the question, the seed and what
is right.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ptr_data.export.mixing import MixSettings
from ptr_data.hashing import RANGE, hashed
from ptr_eval.config import Settings, Text

_Samples = Annotated[int, Field(ge=1, le=100)]
_Seed = Annotated[int, Field(ge=0)]


class CandidateSettings(Settings):
    """How candidates are chosen."""

    samples: _Samples = 6
    """How many the student writes."""
    keep: _Samples = 4
    """How many are shown."""
    least: _Samples = 2
    """A question with fewer usable ones is dropped."""
    hard_share: Annotated[float, Field(ge=0, le=1)] | None = None
    """Of the questions without a correct candidate, the share that is kept, from 0 to 1; null for
    all."""
    seed: _Seed = 0
    """Another seed chooses otherwise."""

    @model_validator(mode="after")
    def _possible(self) -> "CandidateSettings":
        if not self.least <= self.keep <= self.samples:
            raise ValueError("must have `least` up to `keep`, and `keep` up to `samples`")
        return self


class SolutionSettings(Settings):
    """How the teacher's solutions are chosen."""

    samples: _Samples = 10
    """How many the teacher writes to each question with its candidates."""
    easy_keep: _Samples = 4
    """How many are kept if all are correct; else all correct ones are."""
    keep_thinking: bool = True
    """Whether thinking blocks are part of what is trained on."""
    seed: _Seed = 0
    """Another seed chooses otherwise."""

    @model_validator(mode="after")
    def _possible(self) -> "SolutionSettings":
        if self.easy_keep > self.samples:
            raise ValueError("must have `easy_keep` up to `samples`")
        return self


class _DirectBase(MixSettings):
    """Rows without candidates.

    Attributes:
        share: The share of them in the finished data, from 0 to below 1.
        seed: Another seed draws other ones.
    """

    share: Annotated[float, Field(ge=0, lt=1)] = 0.5


class SourceDirect(_DirectBase):
    """Take them from the source."""

    kind: Literal["source"]
    """`source`."""
    column: Text = "generated_solution"
    """Where a row holds a solution; several rows of one question add to each other."""


class TeacherDirect(_DirectBase):
    """Let the teacher write them; only correct ones count."""

    kind: Literal["teacher"]
    """`teacher`."""
    samples: _Samples = 4
    """How many the teacher writes to each question."""


DirectSettings = Annotated[SourceDirect | TeacherDirect, Field(discriminator="kind")]


def choose_candidates(
    question: str, usable: Sequence[bool], correct: Sequence[bool], settings: CandidateSettings
) -> tuple[int, ...]:
    """Choose candidates: the correct ones, filled up with incorrect ones, in random order."""
    places = [place for place, shown in enumerate(usable) if shown]
    drawn = _drawn("candidates", question, places, settings.seed)
    chosen = sorted(drawn, key=lambda place: not correct[place])[: settings.keep]
    return tuple(_drawn("order of candidates", question, chosen, settings.seed))


def choose_solutions(
    question: str, correct: Sequence[bool], settings: SolutionSettings
) -> tuple[int, ...]:
    """Choose solutions: all correct ones; of a question that is always solved only some."""
    places = [place for place, right in enumerate(correct) if right]
    if len(places) < len(correct):
        return tuple(places)
    return tuple(sorted(_drawn("solutions", question, places, settings.seed)[: settings.easy_keep]))


def keeps_hard(question: str, settings: CandidateSettings) -> bool:
    """Decide whether a question without a correct candidate is kept."""
    share = 1.0 if settings.hard_share is None else settings.hard_share
    return hashed("hard questions", settings.seed, question) < share * RANGE


def _drawn(purpose: str, question: str, places: Sequence[int], seed: int) -> list[int]:
    """Put places into an order of chance."""
    return sorted(places, key=lambda place: (hashed(f"{purpose} {place}", seed, question), place))
