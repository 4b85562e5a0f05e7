"""Units of work: what is done once, by whichever process comes first, and never half.

A unit is a stage applied to one shard, or to all of them. It is done when its marker says so
under the fingerprint of everything its output depends on; the marker is written last, and
atomically. A lock that the kernel drops with its process lets any number of processes, on one
machine or on a shared file system, work on different units of one build.
"""

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ptr_data.files import written

StageStats = dict[str, Any]
"""What a unit notes of its work: plain JSON, and the same whenever it is done again."""

ALL = "all"
"""The name of the unit of a stage that is applied to all shards at once."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A stage applied to a shard."""

    folder: Path
    """The stage's folder."""
    name: str
    """The shard's name, or `ALL`."""
    fingerprint: str
    """A digest of the stage, its settings and what it reads."""

    def file(self, suffix: str) -> Path:
        """Name one of the unit's files."""
        return self.folder / f"{self.name}.{suffix}"

    def counts(self) -> StageStats | None:
        """Read what the finished unit noted."""
        try:
            marker = json.loads(self.file("done.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return marker["counts"] if marker.get("fingerprint") == self.fingerprint else None


def run_units(
    units: Sequence[Unit], work: Callable[[Unit], StageStats], title: str
) -> list[StageStats]:
    """Do the units that are not done, leaving those alone that another process is at."""
    stage_stats = {unit.name: unit.counts() for unit in units}
    open_ = [unit for unit in units if stage_stats[unit.name] is None]
    with tqdm(total=len(units), initial=len(units) - len(open_), desc=title, unit="") as bar:
        for wait in (False, True):  # First what is free, then what others have not finished.
            for unit in [u for u in open_ if stage_stats[u.name] is None]:
                with _claimed(unit, wait=wait) as mine:
                    if mine:
                        stage_stats[unit.name] = unit.counts() or _done(unit, work)
                        bar.update()
    return [stage_stats[unit.name] or {} for unit in units]


def _done(unit: Unit, work: Callable[[Unit], StageStats]) -> StageStats:
    marker = unit.file("done.json")
    for leftover in [marker, *unit.folder.glob(f"{unit.name}.*.part")]:
        leftover.unlink(missing_ok=True)
    counts = work(unit)
    content: Mapping[str, Any] = {"fingerprint": unit.fingerprint, "counts": counts}
    with written(marker) as unfinished:
        unfinished.write_text(
            json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    return counts


@contextmanager
def _claimed(unit: Unit, *, wait: bool) -> Iterator[bool]:
    """Lock a unit; the lock goes with the process, however that ends."""
    unit.folder.mkdir(parents=True, exist_ok=True)
    with unit.file("lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
