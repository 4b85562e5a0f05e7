"""Runs the stages of a build one after the other, and hands each what it may read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ptr_data.pipeline.fingerprints import fingerprints
from ptr_data.pipeline.shards import DROPPED, shard_name
from ptr_data.pipeline.stage import Stage, stages_before
from ptr_data.pipeline.units import (
    ALL,
    CarryOut,
    StageStats,
    StageWork,
    Unit,
    one_by_one,
    run_units,
)
from ptr_data.records import StageYield
from ptr_eval.errors import UserError


class Closable(Protocol):
    """What stages work with, such as models."""

    def close(self) -> None:
        """Let go of what is not kept from stage to stage."""


C = TypeVar("C")
T = TypeVar("T", bound=Closable)


@dataclass(slots=True)
class StageRunner(Generic[C, T]):
    """A build in progress."""

    stages: Sequence[Stage[C]]
    """All stages, in order. The first divides the input: its stats say how many `shards` there
    are, and how many `rows` these hold."""
    config: C
    """What to build."""
    folder: Path
    """The folder of the work in progress."""
    tools: T
    """What the stages work with."""
    carry_out: CarryOut = one_by_one
    """Does the units of a stage, and gives them what they ask for."""
    fingerprints: Mapping[str, str] = field(init=False)
    """The stages' fingerprints."""
    shards: list[str] = field(default_factory=list)
    """The names of the shards, once they are known."""
    stage_stats: dict[str, list[StageStats]] = field(default_factory=dict)
    """The stats of the stages that have run."""

    def __post_init__(self) -> None:
        self.fingerprints = fingerprints(self.stages, self.config)

    @property
    def begun(self) -> bool:
        """Whether the first stage is finished."""
        return self.unit(self.stages[0].name, ALL).counts() is not None

    def run(self) -> StageStats:
        """Run all stages that are needed; returns the stats of the last."""
        for stage in self.stages:
            facts = stage.facts(self.config)
            if stage.needed(facts):
                self._run(stage, facts)
        (last,) = self.stage_stats[self.stages[-1].name]
        return last

    def unit(self, stage: str, name: str) -> Unit:
        """Name the files that a stage has for a shard, or for all of them."""
        return Unit(self.folder / stage, name, self.fingerprints[stage])

    def units(self, stage: str) -> list[Unit]:
        """Name the units that a stage is divided into; none if it was not needed."""
        if stage not in self.stage_stats:
            return []
        scope = {each.name: each.scope for each in self.stages}[stage]
        return [self.unit(stage, name) for name in ([ALL] if scope == "all" else self.shards)]

    def _run(self, stage: Stage[C], facts: Any) -> None:
        if stage.scope == "all":
            stats = self._run_global(stage, facts)
        else:
            stats = self._run_sharded(stage, facts)
        self.stage_stats[stage.name] = stats
        self.tools.close()
        if not self.shards:
            self.shards = [shard_name(number) for number in range(stats[0]["shards"])]
        if stage.stops_when_empty:
            self._require_rows(stage)
        stage.check(stats, facts)

    def _run_global(self, stage: Stage[C], facts: Any) -> list[StageStats]:
        return self._run_units(stage, facts, [self.unit(stage.name, ALL)])

    def _run_sharded(self, stage: Stage[C], facts: Any) -> list[StageStats]:
        return self._run_units(stage, facts, [self.unit(stage.name, n) for n in self.shards])

    def _run_units(self, stage: Stage[C], facts: Any, units: list[Unit]) -> list[StageStats]:
        def work(unit: Unit) -> StageStats | StageWork:
            return stage.run(Job(stage, unit, self), facts)

        return run_units(units, work, stage.title, self.carry_out)

    def _require_rows(self, stage: Stage[C]) -> None:
        """Refuse to go on with nothing, and say where everything went."""
        if any(stats[stage.name]["out"] for stats in self.stage_stats[stage.name]):
            return
        reasons = Counter[str]()
        for found in self.stage_stats.values():
            for stats in found:
                for passed in stats.values():
                    if isinstance(passed, dict):
                        reasons.update(passed.get("dropped", {}))
        counts = ", ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common())
        raise UserError(
            f"No query is left after the stage {stage.name!r} ({counts}); loosen its settings."
        )


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """One unit of a stage at work: where it writes, and what the stages before it left."""

    stage: Stage[Any]
    """The stage."""
    unit: Unit
    """The files that it writes."""
    _build: StageRunner[Any, T]

    @property
    def tools(self) -> T:
        """What stages work with."""
        return self._build.tools

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """The fingerprints of all stages."""
        return self._build.fingerprints

    def shard(self, stage: str) -> Unit:
        """Name the files that a stage before left of the same shard."""
        return self._build.unit(self._readable(stage), self.unit.name)

    def shards(self, stage: str) -> list[Unit]:
        """Name the files that a stage before left of each shard."""
        return [self._build.unit(self._readable(stage), name) for name in self._build.shards]

    def units(self, stage: str) -> list[Unit]:
        """Name the files of the units of a stage before; none if it was not needed."""
        return self._build.units(self._readable(stage))

    def stats(self, stage: str) -> list[StageStats]:
        """Read the stats of a stage before; none if it was not needed."""
        return self._build.stage_stats.get(self._readable(stage), [])

    def dropped_files(self) -> Iterator[Path]:
        """List the files of what the stages before dropped, in the stages' order."""
        for stage in self._build.stages:
            if stage.drops and self.stats(stage.name):
                units = [self._build.unit(stage.name, name) for name in (ALL, *self._build.shards)]
                yield from (file for u in units if (file := u.file(DROPPED)).is_file())

    def yields(self) -> Iterator[StageYield]:
        """Add up what the stages before let through, in the stages' order."""
        for place, stage in enumerate(self._build.stages):
            stats = self._build.stage_stats.get(stage.name, [])
            if not place and stage.name not in stage.yields:
                rows = sum(unit["rows"] for unit in stats)
                yield StageYield(stage.name, rows, rows, {})
            for name in stage.yields:
                if parts := [unit[name] for unit in stats if name in unit]:
                    yield _added(name, parts)

    def _readable(self, stage: str) -> str:
        if stage not in stages_before(self._build.stages, self.stage.name):
            raise ValueError(
                f"stage {self.stage.name!r} reads {stage!r}, which is not before it in `inputs`"
            )
        return stage


def _added(name: str, parts: Sequence[StageStats]) -> StageYield:
    reasons = Counter[str]()
    for part in parts:
        reasons.update(part["dropped"])
    return StageYield(
        name,
        sum(part["in"] for part in parts),
        sum(part["out"] for part in parts),
        dict(sorted(reasons.items())),
    )
