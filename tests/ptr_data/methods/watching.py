"""Methods that tell which stages really do something."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from ptr_data.methods.common.config import DataConfig
from ptr_data.methods.common.method import Method
from ptr_data.pipeline.stage import Stage

D = TypeVar("D", bound=DataConfig)


def watched(method: Method[D], note: Callable[[str], object]) -> Method[D]:
    """The same method; `note` is told the name of a stage whenever it does a unit."""
    return replace(method, stages=tuple(_watched(stage, note) for stage in method.stages))


def _watched(stage: Stage[D], note: Callable[[str], object]) -> Stage[D]:
    def run(job: Any, facts: Any) -> Any:
        note(stage.name)
        return stage.run(job, facts)

    return replace(stage, run=run)
