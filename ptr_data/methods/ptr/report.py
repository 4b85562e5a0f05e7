"""What a finished build by progressive thought refinement has to say of itself."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ptr_data.export.report import ContaminationMatch, DataReport, MixReport
from ptr_data.export.tallies import (
    AnswerLengths,
    ThoughtNumber,
    answer_lengths,
    length_statistics,
    merged,
    thought_numbers,
)
from ptr_data.export.training_rows import TextOrigin
from ptr_data.methods.common.report import (
    common_limits,
    licences,
    yields,
)
from ptr_data.methods.common.tools import origins
from ptr_data.methods.ptr import gate
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.distribution import ScoreDistribution
from ptr_data.methods.ptr.strength import StrengthComparison
from ptr_data.pipeline.units import StageStats

_YIELDS = (
    ("clean", "clean"), ("clean", "decontamination"), ("unique", "unique"),
    ("thoughts", "thoughts"), ("answers", "answers"), ("rows", "rows"), ("sft", "sft"),
)  # fmt: skip


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


def report_rows(stage_stats: Mapping[str, Sequence[StageStats]]) -> int:
    """Count the finished rows."""
    refined: int = sum(counts["rows"]["out"] for counts in stage_stats["rows"])
    mixed_in: int = sum(counts.get("kept", 0) for counts in stage_stats["sft"])
    return refined + mixed_in


def make_report(
    config: PtrConfig,
    stage_stats: Mapping[str, Sequence[StageStats]],
    found: tuple[ContaminationMatch, ...],
) -> PtrReport:
    counts = merged(
        [c["tally"] for c in [*stage_stats["rows"], *stage_stats["sft"]] if "tally" in c]
    )
    how = origins(config)
    scores = Counter[str]()
    for shard in stage_stats["rows"]:
        scores.update(shard["consistency"])
    ordered = {key: scores[key] for key in sorted(scores, key=int)}
    return PtrReport(
        name=config.name,
        languages=tuple(config.cleaning.languages),
        weak=tuple(how[name] for name in config.weak),
        strong=how[config.strong],
        sees_thoughts=config.answers.sees_thoughts,
        instruction=config.instruction,
        stages=tuple(yields(stage_stats, _YIELDS)),
        benchmarks=tuple(config.decontamination.chosen()) if config.decontamination else (),
        contamination=found,
        gate=_gate(config, stage_stats["gate"][0]),
        consistency=ScoreDistribution(config.consistency.threshold, ordered) if ordered else None,
        tokens=length_statistics(counts),
        thoughts=thought_numbers(counts, config.thoughts.proportions),
        lengths=answer_lengths(counts),
        mix=_mix(config, stage_stats),
        licences=licences([*config.sources, *(config.sft.sources if config.sft else [])]),
        limits=tuple(_limits(config)),
    )


def _gate(config: PtrConfig, counts: StageStats) -> GateReport:
    if config.gate is None or config.measure is None:
        return GateReport("", 0.0, skipped="the configuration asks for none")
    kind = config.measure.kind
    return GateReport(kind, config.gate.alpha, gate.comparisons_of(counts))


def _mix(config: PtrConfig, stage_stats: Mapping[str, Sequence[StageStats]]) -> MixReport | None:
    if config.sft is None:
        return None
    (counts,) = stage_stats["sft"]
    refined = sum(c["rows"]["out"] for c in stage_stats["rows"])
    return MixReport(config.sft.share, counts["kept"], refined, counts["shortage"])


def _limits(config: PtrConfig) -> Iterator[str]:
    yield "Answers were not checked for truth: they are a model's, filtered for agreement."
    yield from common_limits(config)
    if config.gate is None:
        yield "That the strong model is stronger was not tested."
