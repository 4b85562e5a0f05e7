"""What a finished build by progressive thought refinement has to say of itself."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ptr_data.export.report import DataReport, MixReport
from ptr_data.export.tallies import (
    AnswerLengths,
    ThoughtNumber,
    answer_lengths,
    length_statistics,
    merged,
    thought_numbers,
)
from ptr_data.export.training_rows import TextOrigin
from ptr_data.methods.common.report import common_limits, contamination_matches, licences
from ptr_data.methods.common.tools import DataJob, origins
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.distribution import ScoreDistribution
from ptr_data.methods.ptr.gate import comparisons_of
from ptr_data.methods.ptr.measures import JudgeMeasure
from ptr_data.methods.ptr.strength import StrengthComparison


@dataclass(frozen=True, slots=True)
class GateReport:
    """Whether strong is really stronger."""

    measure: str
    """How answers were scored; empty if they were not."""
    alpha: float
    """The largest adjusted p-value that passes."""
    comparisons: tuple[StrengthComparison, ...] = ()
    """One per weak model; none if there was no gate."""
    skipped: str | None = None
    """Why there was no gate; None if there was one."""


@dataclass(frozen=True, slots=True)
class PtrReport(DataReport):
    """The facts of a build by progressive thought refinement."""

    weak: tuple[TextOrigin, ...]
    """The models that wrote thoughts, in the order in which these are shown."""
    strong: TextOrigin
    """The model that wrote the answers."""
    sees_thoughts: bool
    """Whether the strong model saw the thoughts."""
    instruction: str
    """What the user says between two attempts."""
    gate: GateReport
    """Whether strong is really stronger."""
    consistency: ScoreDistribution | None
    """How well the strong model's samples agree; None if there was one sample."""
    thoughts: tuple[ThoughtNumber, ...]
    """How many thoughts the rows have."""
    lengths: AnswerLengths | None
    """Answers against thoughts; None if no row shows a thought."""


def make_report(job: DataJob, config: PtrConfig) -> PtrReport:
    """Collect the facts of a finished build."""
    stats = [*job.stats("rows"), *job.stats("sft")]
    counts = merged([unit["tally"] for unit in stats])
    how = origins(config.models)
    return PtrReport(
        name=config.name,
        languages=tuple(config.cleaning.languages),
        weak=tuple(how[name] for name in config.weak),
        strong=how[config.strong],
        sees_thoughts=config.answers.sees_thoughts,
        instruction=config.instruction,
        stages=tuple(job.yields()),
        benchmarks=tuple(config.decontamination.chosen()) if config.decontamination else (),
        contamination=contamination_matches([*job.units("clean"), *job.units("rows")]),
        gate=_gate(job, config),
        consistency=_consistency(job, config),
        tokens=length_statistics(counts),
        thoughts=thought_numbers(counts, config.thoughts.proportions),
        lengths=answer_lengths(counts),
        mix=_mix(job, config),
        licences=licences([*config.sources, *(config.sft.sources if config.sft else [])]),
        limits=tuple(_limits(config)),
    )


def _gate(job: DataJob, config: PtrConfig) -> GateReport:
    if config.gate is None or config.measure is None:
        return GateReport("", 0.0, skipped="the configuration asks for none")
    (stats,) = job.stats("gate")
    measure = config.measure
    how: str = measure.kind
    if isinstance(measure, JudgeMeasure):
        how = f"judge {measure.model}, in the form {measure.form.name}"
    return GateReport(how, config.gate.alpha, comparisons_of(stats))


def _consistency(job: DataJob, config: PtrConfig) -> ScoreDistribution | None:
    scores = Counter[str]()
    for stats in job.stats("rows"):
        scores.update(stats["consistency"])
    ordered = {key: scores[key] for key in sorted(scores, key=int)}
    return ScoreDistribution(config.consistency.threshold, ordered) if ordered else None


def _mix(job: DataJob, config: PtrConfig) -> MixReport | None:
    if config.sft is None:
        return None
    (stats,) = job.stats("sft")
    refined = sum(unit["rows"]["out"] for unit in job.stats("rows"))
    return MixReport(config.sft.share, stats["kept"], refined, stats["shortage"])


def _limits(config: PtrConfig) -> Iterator[str]:
    yield "Answers were not checked for truth: they are a model's, filtered for agreement."
    yield from common_limits(config)
    if config.gate is None:
        yield "That the strong model is stronger was not tested."
