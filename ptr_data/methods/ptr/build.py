"""A whole build, from sources to the finished data set."""

from dataclasses import dataclass
from pathlib import Path

from ptr_data.methods.common import questions as questions
from ptr_data.methods.common.config import DataConfig
from ptr_data.methods.common.tools import C, Tools
from ptr_data.methods.ptr import export as finishing
from ptr_data.methods.ptr import gate, plain_rows, refinement_rows
from ptr_data.methods.ptr import stage_work as writing
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.fingerprints import fingerprints
from ptr_data.pipeline.runner import StageRunner
from ptr_data.pipeline.shards import KEPT, shard_name
from ptr_data.pipeline.units import Unit
from ptr_eval.errors import UserError


@dataclass(frozen=True, slots=True)
class BuiltData:
    """A finished build."""

    folder: Path
    """The data set."""
    rows: int
    """How many rows it has."""


def build(config: PtrConfig) -> BuiltData:
    """Build a data set, going on where an earlier call stopped.

    Any number of processes may build the same one: each takes the shards that no other is at.
    """
    tools = Tools(config)
    make_work_folder(tools)
    try:
        prints = fingerprints(config)
        return _run(StageRunner(tools.work, prints, tools.close), tools)
    finally:
        tools.close()


def make_work_folder(tools: Tools[DataConfig]) -> None:
    """Make the folder of the work in progress."""
    out = tools.config.out
    try:
        tools.work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"`out` {out} cannot be a folder ({error.strerror}).") from error


def clean_and_unique(stages: StageRunner, tools: Tools[C]) -> None:
    """Clean the shards that were read, and drop what repeats."""
    stages.each(
        "clean",
        lambda u: questions.clean_shard(u, stages.shard("read", u.name).file(KEPT), tools),
        "Cleaning",
    )
    stages.once(
        "unique",
        lambda unit: questions.unique(unit, stages.units["clean"], tools.config),
        "Duplicates",
    )
    stages.some_left("unique")


def _run(stages: StageRunner, tools: Tools[PtrConfig]) -> BuiltData:
    config = tools.config

    def after(stage: str, unit: Unit) -> Unit:
        return stages.shard(stage, unit.name)

    read = stages.once("read", lambda unit: questions.read(unit, config), "Reading")
    stages.shards = [shard_name(n) for n in range(read["shards"])]
    clean_and_unique(stages, tools)
    unique = stages.by_shard("unique")
    gated = stages.once("gate", lambda unit: gate.gate(unit, unique, tools), "Gate")
    gate.check(gated, config)
    stages.each("thoughts", lambda u: writing.thoughts(u, after("unique", u), tools), "Thoughts")
    stages.each("answers", lambda u: writing.answers(u, after("thoughts", u), tools), "Answers")
    stages.each("rows", lambda u: refinement_rows.rows(u, after("answers", u), tools), "Rows")
    stages.some_left("rows")
    stages.once("sft", lambda u: plain_rows.sft(u, stages.stage_stats["rows"], tools), "Mixing")
    finished = stages.once("finish", lambda u: finishing.finish(stages, tools), "Finishing")
    return BuiltData(config.out, finished["rows"])
