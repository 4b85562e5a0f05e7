"""Fingerprints of stages: digests of what a stage's output depends on, and of the stages before.

A changed setting changes the fingerprints of the stages that have it among their facts and of the
stages that read their output, and of no other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel

from ptr_data.hashing import content_of, digest
from ptr_data.pipeline.stage import Stage, inherited_facts, own_facts, stages_before

_VERSION = 3  # Raised when a stage does something else under the same settings.

C = TypeVar("C")


@runtime_checkable
class Identified(Protocol):
    """Settings that name files or models: what these hold counts, and not where they are."""

    def identity(self) -> Any:
        """Describe what the settings stand for, in JSON types."""


def fingerprints(stages: Sequence[Stage[C]], config: C) -> dict[str, str]:
    """Fingerprint the stages of a build, in their order."""
    found: dict[str, str] = {}
    known: dict[str, dict[str, Any]] = {}
    described = _Descriptions()
    for stage in stages:
        facts = stage.facts(config)
        known[stage.name] = own_facts(facts)
        _check_inherited(stage, inherited_facts(facts), [known[n] for n in _before(stages, stage)])
        before = [found[name] for name in stage.inputs]
        values = [described(value) for value in known[stage.name].values()]
        found[stage.name] = digest(_VERSION, stage.name, before, values)
    return found


def _before(stages: Sequence[Stage[C]], stage: Stage[C]) -> frozenset[str]:
    return stages_before(stages, stage.name)


def _check_inherited(
    stage: Stage[Any], inherited: dict[str, Any], before: Sequence[dict[str, Any]]
) -> None:
    for name, value in inherited.items():
        if not any(name in facts and facts[name] == value for facts in before):
            raise ValueError(
                f"stage {stage.name!r} takes over the fact {name!r}, which no stage before it has"
            )


class _Descriptions:
    """Describes facts in JSON types; the files behind one record of settings are read once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}

    def __call__(self, fact: Any) -> Any:
        if isinstance(fact, list | tuple):
            return [self(item) for item in fact]
        if isinstance(fact, Identified):
            if id(fact) not in self._known:
                self._known[id(fact)] = fact, fact.identity()
            return self._known[id(fact)][1]
        if isinstance(fact, Path):
            return content_of(fact)
        return fact.model_dump(mode="json") if isinstance(fact, BaseModel) else fact
