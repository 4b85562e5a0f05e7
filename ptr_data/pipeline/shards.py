"""What a stage leaves of a shard: what it kept, what it dropped, and how much that was."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from ptr_data.files import written
from ptr_data.jsonl import json_line, write_records
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped

KEPT, DROPPED = "kept.jsonl", "dropped.jsonl"


def shard_name(number: int) -> str:
    """Name a shard."""
    return f"{number:06d}"


def write_shard(unit: Unit, kept: Iterable[object], dropped: Iterable[Dropped]) -> None:
    """Write what a stage made of a shard."""
    for suffix, records in ((KEPT, kept), (DROPPED, dropped)):
        with written(unit.file(suffix)) as unfinished:
            write_records(unfinished, records)


@dataclass(slots=True)
class Dropping:
    """The file of what a stage drops, written as it comes."""

    file: TextIO
    """The file."""
    reasons: Counter[str] = field(default_factory=Counter)
    """How often something was dropped for which reason."""

    def add(self, dropped: Dropped) -> None:
        """Write what was dropped, and count it."""
        self.reasons[dropped.reason] += 1
        self.file.write(json_line(dropped))


@contextmanager
def dropping(unit: Unit) -> Iterator[Dropping]:
    """Write what a stage drops while it goes through its input."""
    with (
        written(unit.file(DROPPED)) as unfinished,
        unfinished.open("w", encoding="ascii") as file,
    ):
        yield Dropping(file)


def passed(stage: str, given: int, dropped: Iterable[Dropped]) -> StageStats:
    """Count what a stage let through, and why it dropped the rest."""
    return counted(stage, given, Counter(each.reason for each in dropped))


def counted(stage: str, given: int, reasons: Counter[str]) -> StageStats:
    """Count what a stage let through, given how often it dropped something for which reason."""
    out = given - reasons.total()
    return {stage: {"in": given, "out": out, "dropped": dict(sorted(reasons.items()))}}


@contextmanager
def ledger_of(unit: Unit) -> Iterator[Path]:
    """Keep a ledger of a model's replies for as long as a unit is not done."""
    yield unit.file("ledger")
    for leftover in unit.folder.glob(f"{unit.name}.ledger*"):
        leftover.unlink()  # What it held is in the unit's files now.
