"""The stages of a build by generative self-refinement (arXiv 2509.00084), in order."""

from ptr_data.methods.common.export import ExportFacts
from ptr_data.methods.common.method import Method
from ptr_data.methods.common.stages import CLEAN, UNIQUE
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.direct_rows import DirectFacts, PoolFacts, draw, pool
from ptr_data.methods.gsr.export import finish
from ptr_data.methods.gsr.reading import GsrReadFacts, read
from ptr_data.methods.gsr.refinement import (
    GroupFacts,
    RefineFacts,
    SolutionFacts,
    groups,
    refine,
    solutions,
)
from ptr_data.methods.gsr.sampling import AttemptFacts, CandidateFacts, attempts, candidates
from ptr_data.methods.gsr.selection import SourceDirect, TeacherDirect
from ptr_data.models.model import TextModelSettings
from ptr_data.pipeline.stage import Stage


def _student(config: GsrConfig) -> TextModelSettings:
    return config.model(config.student)


def _teacher(config: GsrConfig) -> TextModelSettings:
    return config.model(config.teacher)


def _solution_column(config: GsrConfig) -> str | None:
    return config.direct.column if isinstance(config.direct, SourceDirect) else None


def _attempts(config: GsrConfig) -> int | None:
    return config.direct.samples if isinstance(config.direct, TeacherDirect) else None


STAGES: tuple[Stage[GsrConfig], ...] = (
    Stage(
        name="read",
        title="Reading",
        does="keeps rows with a reference answer, the values of `where` and a pass rate in range; "
        "several rows of one question add solutions to it",
        facts=lambda config: GsrReadFacts(
            sources=config.sources,
            shard=config.shard,
            prefilter=config.prefilter,
            needs_reference=config.judge is None,
            solution_column=_solution_column(config),
        ),
        run=read,
        scope="all",
        yields=("read", "prefilter"),
        drops="unreadable row, no reference answer, another value, no pass rate, pass rate out of "
        "range",
    ),
    CLEAN,
    UNIQUE,
    Stage(
        name="candidates",
        title="Candidates",
        does="the student answers each question several times",
        facts=lambda config: CandidateFacts(
            _student(config), config.candidates.samples, config.prompt.question
        ),
        run=candidates,
        inputs=("unique",),
    ),
    Stage(
        name="groups",
        title="Groups",
        does="verifies the texts after the thinking block; all correct ones are shown, incorrect "
        "ones fill up, the order is by hash",
        facts=lambda config: GroupFacts(
            config.candidates, config.prompt, config.named_verifier, _student(config)
        ),
        run=groups,
        inputs=("candidates",),
        yields=("groups",),
        drops="too few candidates, no correct candidate, prompt too long",
        stops_when_empty=True,
    ),
    Stage(
        name="solutions",
        title="Solutions",
        does="the teacher sees the candidates and writes solutions",
        facts=lambda config: SolutionFacts(_teacher(config), config.solutions.samples),
        run=solutions,
        inputs=("groups",),
    ),
    Stage(
        name="refine",
        title="Rows",
        does="makes a row of each correct solution; of `easy_keep` solutions where all are correct",
        facts=lambda config: RefineFacts(
            solutions=config.solutions,
            verifier=config.named_verifier,
            split=config.split,
            benchmarks=config.decontamination,
            student=_student(config),
            teacher=_teacher(config),
        ),
        run=refine,
        inputs=("solutions",),
        yields=("refine",),
        drops="no correct solution, benchmark text in the answer",
        stops_when_empty=True,
    ),
    Stage(
        name="attempts",
        title="Direct attempts",
        does="the teacher answers each question without candidates, with `direct: teacher`",
        facts=lambda config: AttemptFacts(
            _teacher(config), _attempts(config), config.prompt.question
        ),
        run=attempts,
        inputs=("unique",),
        needed=lambda facts: facts.samples is not None,
    ),
    Stage(
        name="pool",
        title="Direct solutions",
        does="collects the solutions without candidates: the teacher's correct ones, or the "
        "source's own as they are",
        facts=lambda config: PoolFacts(
            solution_column=_solution_column(config),
            verifier=config.named_verifier if _attempts(config) else None,
            benchmarks=config.decontamination,
            teacher=_teacher(config),
        ),
        run=pool,
        inputs=("attempts",),
        yields=("direct",),
        drops="question left out, no solution, wrong, benchmark text in the answer",
        needed=lambda facts: facts.solution_column is not None or facts.verifier is not None,
    ),
    Stage(
        name="direct",
        title="Drawing",
        does="draws from these so that rows without candidates are `share` of all rows",
        facts=lambda config: DirectFacts(
            direct=config.direct,
            split=config.split,
            keep_thinking=config.solutions.keep_thinking,
            wording=config.prompt.question,
            teacher=_teacher(config),
        ),
        run=draw,
        inputs=("pool", "refine"),
        scope="all",
        needed=lambda facts: facts.direct is not None,
    ),
    Stage(
        name="finish",
        title="Finishing",
        does="writes Parquet, JSON Lines, card and manifest",
        facts=ExportFacts,
        run=finish,
        inputs=("refine", "direct"),
        scope="all",
    ),
)
"""All that is known of the stages; see `Stage`."""

GSR = Method(GsrConfig, STAGES)
"""Generative self-refinement."""
