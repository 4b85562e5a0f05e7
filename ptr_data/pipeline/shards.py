"""What a stage leaves of a shard: what it kept, what it dropped, and how much that was."""

from collections import Counter
from collections.abc import Iterable

from ptr_data.files import written
from ptr_data.jsonl import write_records
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped

KEPT, DROPPED = "kept.jsonl", "dropped.jsonl"


def shard_name(number: int) -> str:
    """Name a shard."""
    return f"{number:06d}"


def write_shard(unit: Unit, kept: Iterable[object], dropped: Iterable[Dropped]) -> None:
    """Write what a stage made of a shard."""
    for suffix, records in ((KEPT, kept), (DROPPED, dropped)):
        with written(unit.file(suffix)) as draft:
            write_records(draft, records)


def passed(stage: str, given: int, dropped: list[Dropped]) -> StageStats:
    """Count what a stage let through."""
    reasons = Counter(d.reason for d in dropped)
    out = given - len(dropped)
    return {stage: {"in": given, "out": out, "dropped": dict(sorted(reasons.items()))}}
