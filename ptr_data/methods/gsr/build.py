"""A whole build by generative self-refinement (arXiv 2509.00084), from sources to data."""

from functools import cache, partial

from ptr_data.jsonl import read_records
from ptr_data.methods.common.questions import all_questions
from ptr_data.methods.common.tools import Tools, embedder
from ptr_data.methods.gsr import direct_rows, refinement
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.export import finish
from ptr_data.methods.gsr.fingerprints import fingerprints
from ptr_data.methods.gsr.prompts import counter_of
from ptr_data.methods.gsr.reading import read
from ptr_data.methods.gsr.sampling import sample
from ptr_data.methods.gsr.selection import SourceDirect, TeacherDirect
from ptr_data.methods.gsr.verifiers import (
    JudgeVerifier,
    ScorerVerifier,
    SimilarityVerifier,
    Verify,
    by_judge,
    by_scorer,
    by_similarity,
)
from ptr_data.methods.ptr.build import BuiltData, clean_and_unique, make_work_folder
from ptr_data.pipeline.runner import StageRunner
from ptr_data.pipeline.shards import KEPT, shard_name
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Question


def build_gsr(config: GsrConfig) -> BuiltData:
    """Build a data set, going on where an earlier call stopped.

    Any number of processes may build the same one: each takes the shards that no other is at.
    """
    tools = Tools(config, whole=True)
    make_work_folder(tools)
    try:
        return _run(StageRunner(tools.work, fingerprints(config), tools.close), tools)
    finally:
        tools.close()


def _run(stages: StageRunner, tools: Tools[GsrConfig]) -> BuiltData:
    config, verify = tools.config, _verifier(tools)

    def after(stage: str, unit: Unit) -> Unit:
        return stages.shard(stage, unit.name)

    stage_stats = stages.once("read", lambda unit: read(unit, config), "Reading")
    stages.shards = [shard_name(number) for number in range(stage_stats["shards"])]
    clean_and_unique(stages, tools)

    def answer(unit: Unit, name: str, samples: int) -> StageStats:
        questions = list(read_records(after("unique", unit).file(KEPT), Question))
        return sample(unit, questions, name, samples, tools)

    samples = config.candidates.samples
    stages.each("candidates", lambda u: answer(u, config.student, samples), "Candidates")
    counter = cache(lambda: counter_of(config.model(config.student)))
    stages.each(
        "groups",
        lambda u: refinement.groups(u, after("candidates", u), tools, verify, counter()),
        "Groups",
    )
    stages.some_left("groups")
    stages.each(
        "solutions", lambda u: refinement.solutions(u, after("groups", u), tools), "Solutions"
    )
    stages.each(
        "refine", lambda u: refinement.refine(u, after("solutions", u), tools, verify), "Rows"
    )
    stages.some_left("refine")
    questions = cache(
        lambda: {question.id for question in all_questions(stages.by_shard("unique"))}
    )
    if isinstance(config.direct, TeacherDirect):
        attempt = partial(answer, name=config.teacher, samples=config.direct.samples)
        stages.each("attempts", attempt, "Direct attempts")
        stages.each(
            "pool",
            lambda u: direct_rows.from_teacher(u, after("attempts", u), tools, verify),
            "Direct solutions",
        )
    elif isinstance(config.direct, SourceDirect):
        stages.each(
            "pool",
            lambda u: direct_rows.from_source(u, after("read", u), questions(), tools),
            "Direct solutions",
        )
    pool = stages.units.get("pool", [])
    stages.once(
        "direct",
        lambda u: direct_rows.draw(u, pool, stages.stage_stats["refine"], tools),
        "Drawing",
    )
    finished = stages.once("finish", lambda unit: finish(stages, tools), "Finishing")
    return BuiltData(config.out, finished["rows"])


def _verifier(tools: Tools[GsrConfig]) -> Verify:
    verifier = tools.config.verifier
    if isinstance(verifier, JudgeVerifier):
        name = verifier.model
        return by_judge(lambda: tools.model(name), tools.config.model(name).thinking_end)
    if isinstance(verifier, SimilarityVerifier):
        return by_similarity(partial(embedder, verifier.embedder), verifier.threshold)
    return by_scorer(verifier.scorer if isinstance(verifier, ScorerVerifier) else "maths")
