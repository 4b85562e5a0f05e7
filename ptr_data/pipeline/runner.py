"""The stages of a build, one after the other: which units they have, and what these noted."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ptr_data.pipeline.units import ALL, StageStats, Unit, run_units
from ptr_eval.errors import UserError


@dataclass(slots=True)
class StageRunner:
    """A build in progress."""

    work: Path
    """The folder of the work in progress."""
    prints: Mapping[str, str]
    """The stages' fingerprints."""
    close: Callable[[], None]
    """Lets go of what a stage held, such as models."""
    shards: list[str] = field(default_factory=list)
    """The names of the shards, once they are known."""
    units: dict[str, list[Unit]] = field(default_factory=dict)
    """The units of the stages done so far."""
    stage_stats: dict[str, list[StageStats]] = field(default_factory=dict)
    """What these noted."""

    def once(self, stage: str, work: Callable[[Unit], StageStats], title: str) -> StageStats:
        """Do a stage that is applied to all shards at once."""
        self.units[stage] = [Unit(self.work / stage, ALL, self.prints[stage])]
        (counts,) = self._done(stage, work, title)
        return counts

    def each(self, stage: str, work: Callable[[Unit], StageStats], title: str) -> None:
        """Do a stage shard by shard."""
        self.units[stage] = self.by_shard(stage)
        self._done(stage, work, title)

    def by_shard(self, stage: str) -> list[Unit]:
        """Name the files that a stage has for each shard, whether or not it went shard by shard."""
        return [self.shard(stage, name) for name in self.shards]

    def shard(self, stage: str, name: str) -> Unit:
        """Name the files that a stage has for one shard."""
        return Unit(self.work / stage, name, self.prints[stage])

    def some_left(self, stage: str, name: str | None = None) -> None:
        """Refuse to go on with nothing, and say where everything went."""
        if any(counts[name or stage]["out"] for counts in self.stage_stats[stage]):
            return
        reasons = Counter[str]()
        for stages in self.stage_stats.values():
            for counts in stages:
                for passed in counts.values():
                    if isinstance(passed, dict):
                        reasons.update(passed.get("dropped", {}))
        said = ", ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common())
        raise UserError(
            f"No query is left after the stage {stage!r} ({said}); loosen its settings."
        )

    def _done(
        self, stage: str, work: Callable[[Unit], StageStats], title: str
    ) -> Sequence[StageStats]:
        self.stage_stats[stage] = run_units(self.units[stage], work, title)
        self.close()
        return self.stage_stats[stage]
