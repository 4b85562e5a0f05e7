"""What a finished build by generative self-refinement has to say of itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ptr_data.export.report import DataReport, MixReport
from ptr_data.export.tallies import length_statistics, merged
from ptr_data.export.training_rows import TextOrigin
from ptr_data.methods.common.report import common_limits, contamination_matches, licences
from ptr_data.methods.common.tools import DataJob, origins
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.selection import SourceDirect
from ptr_data.methods.gsr.verifiers import (
    MathsVerifier,
    ScorerVerifier,
    SimilarityVerifier,
    Verifier,
)
from ptr_data.pipeline.units import StageStats
from ptr_eval.judge import resolve_form


@dataclass(frozen=True, slots=True)
class GsrReport(DataReport):
    """The facts of a build."""

    roles: dict[str, TextOrigin]
    """What each model does, and how it writes."""
    verifier: str
    """How right was told from wrong."""
    question: str
    """How a question is worded."""
    texts: dict[str, dict[str, int]]
    """By role, how many texts are whole, and what the others lack."""
    verdicts: dict[str, dict[str, int]]
    """By role, what the verifier said."""
    sampled_correct: dict[str, int]
    """How many questions have how many correct ones of all candidates."""
    correct: dict[str, int]
    """How many questions show how many correct candidates."""
    shown: dict[str, int]
    """How many questions show how many candidates."""
    identical: int
    """How many questions show the same candidate several times and no other."""
    correct_solutions: dict[str, int]
    """How many questions have how many correct solutions."""
    rows_by_correct: dict[str, int]
    """How many refinement rows show how many correct candidates."""
    tainted: int
    """How many correct solutions were left out for holding benchmark text."""


def make_report(job: DataJob, config: GsrConfig) -> GsrReport:
    """Collect the facts of a finished build."""
    groups, refine = job.stats("groups"), job.stats("refine")
    counts = merged([unit["tally"] for unit in [*refine, *job.stats("direct")]])
    how = origins(config.models)
    names = {"student": config.student, "teacher": config.teacher, "judge": config.judge}
    searched = [unit for name in ("clean", "refine", "pool") for unit in job.units(name)]
    writers = {"student": "candidates", "teacher": "solutions", "teacher, directly": "attempts"}
    judged = {"student": groups, "teacher": refine}
    return GsrReport(
        name=config.name,
        languages=tuple(config.cleaning.languages),
        stages=tuple(job.yields()),
        benchmarks=tuple(config.decontamination.chosen()) if config.decontamination else (),
        contamination=contamination_matches(searched),
        tokens=length_statistics(counts),
        mix=_mix(job, config),
        licences=licences(config.sources),
        limits=tuple(_limits(config)),
        roles={role: how[name] for role, name in names.items() if name},
        verifier=_described(config.verifier),
        question=config.prompt.question,
        texts={
            role: _sum(stats, "texts") for role, s in writers.items() if (stats := job.stats(s))
        },
        verdicts={role: _sum(stats, "verdicts") for role, stats in judged.items()},
        sampled_correct=_sum(groups, "sampled correct"),
        correct=_sum(groups, "correct"),
        shown=_sum(groups, "shown"),
        identical=sum(stats["identical"] for stats in groups),
        correct_solutions=_sum(refine, "correct solutions"),
        rows_by_correct=counts.get("correct", {}),
        tainted=sum(stats["tainted"] for stats in refine),
    )


def _sum(parts: Iterable[StageStats], name: str) -> dict[str, int]:
    """Add histograms up; numbers come in their order."""
    total = merged([{name: part[name]} for part in parts]).get(name, {})
    return dict(sorted(total.items(), key=lambda item: len(item[0]) if item[0].isdigit() else 0))


def _mix(job: DataJob, config: GsrConfig) -> MixReport | None:
    if config.direct is None:
        return None
    (stats,) = job.stats("direct")
    refined = sum(unit["rows"] for unit in job.stats("refine"))
    return MixReport(config.direct.share, stats["kept"], refined, stats["shortage"])


def _described(verifier: Verifier) -> str:
    if isinstance(verifier, MathsVerifier):
        return "equality of the final answers as mathematics"
    if isinstance(verifier, ScorerVerifier):
        return f"the scorer {verifier.scorer}"
    if isinstance(verifier, SimilarityVerifier):
        return f"a cosine of at least {verifier.threshold:g} with the reference"
    form = resolve_form(verifier.judge_form, pairs=False).name
    return f"the verdict of the model {verifier.model}, in the form {form}"


def _limits(config: GsrConfig) -> Iterator[str]:
    yield "Only final answers were verified: a correct one may have been reached wrongly."
    if isinstance(config.direct, SourceDirect):
        yield "The source's own solutions were not verified."
    yield from common_limits(config)
