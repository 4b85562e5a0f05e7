"""A whole build, from sources to the finished data set."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ptr_data.config import BuildConfig
from ptr_data.pipeline import finishing, gate, queries, writing
from ptr_data.pipeline.fingerprints import fingerprints
from ptr_data.pipeline.tools import Tools
from ptr_data.pipeline.work import ALL, Counts, Unit, do
from ptr_eval.errors import UserError


@dataclass(frozen=True, slots=True)
class Built:
    """A finished build.

    Attributes:
        folder: The data set.
        rows: How many rows it has.
    """

    folder: Path
    rows: int


def build(config: BuildConfig) -> Built:
    """Build a data set, going on where an earlier call stopped.

    Any number of processes may build the same one: each takes the shards that no other is at.

    Args:
        config: What to build.

    Returns:
        Where it is.

    Raises:
        UserError: If something in the configuration cannot work, or the gate fails.
    """
    tools = Tools(config)
    try:
        tools.work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"`out` {config.out} cannot be a folder ({error.strerror}).") from error
    try:
        return _Build(tools, fingerprints(config)).run()
    finally:
        tools.close()


@dataclass(slots=True)
class _Build:
    tools: Tools
    prints: dict[str, str]

    def run(self) -> Built:
        tools, config = self.tools, self.tools.config
        read = self._whole("read")
        noted = {"read": do([read], lambda unit: queries.read(unit, config), "Reading")}
        names = [queries.shard_name(n) for n in range(noted["read"][0]["shards"])]
        units = {
            "read": [read],
            **{name: self._units(name, names) for name in ("clean", "thoughts", "answers", "rows")},
            **{name: [self._whole(name)] for name in ("unique", "gate", "sft", "finish")},
        }
        unique = self._units("unique", names)

        def shard_by_shard(
            stage: str, before: Sequence[Unit], work: Callable[[Unit, Unit], Counts], title: str
        ) -> None:
            sources = dict(zip(names, before, strict=True))
            noted[stage] = do(units[stage], lambda unit: work(unit, sources[unit.name]), title)
            tools.close()

        def at_once(stage: str, work: Callable[[Unit], Counts], title: str) -> None:
            noted[stage] = do(units[stage], work, title)
            tools.close()

        shard_by_shard(
            "clean",
            self._units("read", names),
            lambda unit, shard: queries.clean_shard(unit, shard.file(queries.KEPT), tools),
            "Cleaning",
        )
        at_once("unique", lambda u: queries.unique(u, units["clean"], config), "Duplicates")
        _some_left(noted, "unique")
        at_once("gate", lambda unit: gate.gate(unit, unique, tools), "Gate")
        gate.check(noted["gate"][0], config)
        shard_by_shard("thoughts", unique, lambda u, s: writing.thoughts(u, s, tools), "Thoughts")
        shard_by_shard(
            "answers", units["thoughts"], lambda u, s: writing.answers(u, s, tools), "Answers"
        )
        shard_by_shard("rows", units["answers"], lambda u, s: writing.rows(u, s, tools), "Rows")
        _some_left(noted, "rows")
        at_once("sft", lambda unit: finishing.sft(unit, noted["rows"], tools), "Mixing")
        at_once(
            "finish",
            lambda unit: finishing.finish(unit, units, noted, tools, self.prints),
            "Finishing",
        )
        return Built(config.out, noted["finish"][0]["rows"])

    def _units(self, stage: str, names: Sequence[str]) -> list[Unit]:
        return [Unit(self.tools.work / stage, name, self.prints[stage]) for name in names]

    def _whole(self, stage: str) -> Unit:
        return Unit(self.tools.work / stage, ALL, self.prints[stage])


def _some_left(noted: dict[str, list[Counts]], stage: str) -> None:
    """Refuse to go on with nothing, and say where everything went."""
    if any(counts[stage]["out"] for counts in noted[stage]):
        return
    reasons = Counter[str]()
    for stages in noted.values():
        for counts in stages:
            for passed in counts.values():
                if isinstance(passed, dict):
                    reasons.update(passed.get("dropped", {}))
    said = ", ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common())
    raise UserError(f"No query is left after the stage {stage!r} ({said}); loosen its settings.")
