"""Units of work: what is done once, by whichever process comes first, and never half.

A unit is a stage applied to one shard, or to all of them. It is done when its marker says so
under the fingerprint of everything its output depends on; the marker is written last, and
atomically. A lock that the kernel drops with its process lets any number of processes, on one
machine or on a shared file system, work on different units of one build.
"""

import fcntl
import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from ptr_data.files import written

StageStats = dict[str, Any]
"""What a unit notes of its work: plain JSON, and the same whenever it is done again."""

StageWork = Generator[Any, Any, StageStats]
"""A unit's work that stops on its way, where it needs what others give; it returns its stats."""

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


class CarryOut(Protocol):
    """Does work that stops on its way, and gives it what it needs."""

    def __call__(self, works: Sequence[Generator[Any, Any, None]], title: str, /) -> object:
        """Do works, maybe several at once; each begins when it comes to its turn."""


def one_by_one(works: Sequence[Generator[Any, Any, None]], title: str) -> None:
    """Do works that never stop on their way."""
    for work in works:
        for need in work:
            raise TypeError(f"{title} stops for {need!r}, which nobody gives here")


def run_units(
    units: Sequence[Unit],
    work: Callable[[Unit], StageStats | StageWork],
    title: str,
    carry_out: CarryOut = one_by_one,
) -> list[StageStats]:
    """Do the units that are not done, leaving those alone that another process is at."""
    stage_stats = {unit.name: unit.counts() for unit in units}
    open_ = [unit for unit in units if stage_stats[unit.name] is None]
    with tqdm(total=len(units), initial=len(units) - len(open_), desc=title, unit="") as bar:

        def do(unit: Unit, *, wait: bool) -> Generator[Any, Any, None]:
            with _claimed(unit, wait=wait) as mine:
                if mine:
                    stage_stats[unit.name] = unit.counts() or (yield from _done(unit, work))
                    bar.update()

        if open_:
            carry_out([do(unit, wait=False) for unit in open_], title)
        # What other processes are at, one by one: nothing else goes on while one waits for a lock.
        for unit in [u for u in open_ if stage_stats[u.name] is None]:
            carry_out([do(unit, wait=True)], title)
    return [stage_stats[unit.name] or {} for unit in units]


def _done(unit: Unit, work: Callable[[Unit], StageStats | StageWork]) -> StageWork:
    marker = unit.file("done.json")
    for leftover in [marker, *unit.folder.glob(f"{unit.name}.*.part")]:
        leftover.unlink(missing_ok=True)
    made = work(unit)
    counts = (yield from made) if isinstance(made, Generator) else made
    content: Mapping[str, Any] = {"fingerprint": unit.fingerprint, "counts": counts}
    with written(marker) as unfinished:
        unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
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
