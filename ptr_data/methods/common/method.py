"""What a method is, and a whole build by it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from ptr_data.export.card import CARD
from ptr_data.export.files import DROPPED
from ptr_data.export.manifest import MANIFEST
from ptr_data.files import make_work
from ptr_data.methods.common.config import DataConfig
from ptr_data.methods.common.tools import Tools
from ptr_data.models.ask import carry_out
from ptr_data.pipeline.runner import StageRunner
from ptr_data.pipeline.stage import Stage

D = TypeVar("D", bound=DataConfig)

WRITTEN = (CARD, DROPPED, "data", "prompt_completion", "ift", "dpo", "consistency.md",
           "consistency.png", "consistency.svg")  # fmt: skip
"""What builds write beside the manifest."""


@dataclass(frozen=True, slots=True)
class Method(Generic[D]):
    """A way to build a data set."""

    config: type[D]
    """Its configuration."""
    stages: tuple[Stage[D], ...]
    """Its stages, in order; the last says how many `rows` the data have."""


@dataclass(frozen=True, slots=True)
class BuiltData:
    """A finished build."""

    folder: Path
    """The data set."""
    rows: int
    """How many rows it has."""


def build(method: Method[D], config: D) -> BuiltData:
    """Build a data set, going on where an earlier call stopped.

    Any number of processes may build the same one: each takes the shards that no other is at.
    """
    tools = Tools(config.out)
    make_work(config.out, WRITTEN, MANIFEST)
    try:
        asking = partial(carry_out, engine=config.engine)
        runner = StageRunner(method.stages, config, tools.work, tools, asking)
        if not runner.begun:
            tools.index(config.decontamination)  # Benchmarks that cannot be loaded: at once.
        return BuiltData(config.out, runner.run()["rows"])
    finally:
        tools.close()
