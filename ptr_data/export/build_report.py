"""What a build has to say of itself: the facts behind the dataset card and the manifest.

All records are plain: they hold JSON types and one another, no paths and no times.
"""

from dataclasses import dataclass

from ptr_data.export.distribution import ScoreDistribution
from ptr_data.export.tallies import AnswerLengths, LengthStatistics, ThoughtNumber
from ptr_data.export.training_rows import Origin
from ptr_data.methods.ptr.gate.strength import Comparison


@dataclass(frozen=True, slots=True)
class StageYield:
    """What a stage let through.

    Attributes:
        name: The stage.
        rows_in: How many rows it was given.
        rows_out: How many it passed on.
        dropped: How many it dropped for each reason.
    """

    name: str
    rows_in: int
    rows_out: int
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True)
class ContaminationMatch:
    """A benchmark item that queries match.

    Attributes:
        item: The item, such as `gsm8k test 17`.
        count: How many queries match it.
        examples: Some of these, at most a few.
    """

    item: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateReport:
    """Whether strong is really stronger.

    Attributes:
        measure: How answers were scored; empty if they were not.
        alpha: The largest adjusted p-value that passes.
        comparisons: One per weak model; none if there was no gate.
        skipped: Why there was no gate; None if there was one.
    """

    measure: str
    alpha: float
    comparisons: tuple[Comparison, ...] = ()
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class MixReport:
    """What was mixed in, against forgetting or as solutions without candidates.

    Attributes:
        share: The share of such rows that was asked for, from 0 to below 1.
        rows: How many there are.
        refined: How many refinement rows there are.
        shortage: That there are too few, in one sentence; None if there are enough.
    """

    share: float
    rows: int
    refined: int
    shortage: str | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """A source's licence.

    Attributes:
        source: The file or data set.
        licence: Its licence as the hub spells it, such as `apache-2.0`, or `unknown`.
    """

    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class DataReport:
    """What builds by any method have to say.

    Attributes:
        name: The data set's name.
        languages: Its languages as two-letter codes.
        stages: What each stage let through, in order.
        benchmarks: The benchmarks that were kept out; none if that was not checked.
        contamination: The benchmark items that were found.
        tokens: Lengths of texts.
        mix: What was mixed in; None if nothing was asked for.
        licences: The licences of the sources.
        limits: Known limits, each in a sentence or two.
    """

    name: str
    languages: tuple[str, ...]
    stages: tuple[StageYield, ...]
    benchmarks: tuple[str, ...]
    contamination: tuple[ContaminationMatch, ...]
    tokens: tuple[LengthStatistics, ...]
    mix: MixReport | None
    licences: tuple[Licence, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildReport(DataReport):
    """The facts of a build by progressive thought refinement.

    Attributes:
        weak: The models that wrote thoughts, in the order in which these are shown.
        strong: The model that wrote the answers.
        sees_thoughts: Whether the strong model saw the thoughts.
        instruction: What the user says between two attempts.
        gate: Whether strong is really stronger.
        consistency: How well the strong model's samples agree; None if there was one sample.
        thoughts: How many thoughts the rows have.
        lengths: Answers against thoughts; None if no row shows a thought.
    """

    weak: tuple[Origin, ...]
    strong: Origin
    sees_thoughts: bool
    instruction: str
    gate: GateReport
    consistency: ScoreDistribution | None
    thoughts: tuple[ThoughtNumber, ...]
    lengths: AnswerLengths | None
