"""Running stages: what each may read, what is done again, and when a build stops."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ptr_data.files import written
from ptr_data.jsonl import read_records
from ptr_data.pipeline.runner import Job, StageRunner
from ptr_data.pipeline.shards import DROPPED, KEPT, passed, write_shard
from ptr_data.pipeline.stage import Stage
from ptr_data.pipeline.units import StageStats
from ptr_data.records import Dropped, Question, StageYield
from ptr_eval.errors import UserError

NUMBERS = range(1, 6)


@dataclass(slots=True)
class Tools:
    closed: int = 0

    def close(self) -> None:
        self.closed += 1


@dataclass(frozen=True, slots=True)
class Facts:
    value: Any


def question(number: int) -> Question:
    return Question(str(number), f"{number}?", "", "made up", number)


def left_of(job: Job[Tools], stage: str) -> list[int]:
    return [q.row for q in read_records(job.shard(stage).file(KEPT), Question)]


def keep(job: Job[Tools], numbers: Iterable[int], kept: Iterable[int]) -> StageStats:
    given = list(numbers)
    dropped = [Dropped(question(n), job.stage.name, "unlike") for n in given if n not in kept]
    write_shard(job.unit, map(question, kept), dropped)
    return passed(job.stage.name, len(given), dropped)


def read(job: Job[Tools], facts: Facts) -> StageStats:
    for shard, numbers in enumerate([NUMBERS[:3], NUMBERS[3:]]):
        with written(job.unit.folder / f"{shard:06d}.{KEPT}") as part:
            part.write_text("".join(f"{n}\n" for n in numbers))
    return {"shards": 2, "rows": len(NUMBERS)}


def odd(job: Job[Tools], facts: Facts) -> StageStats:
    numbers = [int(line) for line in job.shard("read").file(KEPT).read_text().split()]
    return keep(job, numbers, [n for n in numbers if n % 2 and n < facts.value])


def total(job: Job[Tools], facts: Facts) -> StageStats:
    units = [*job.units("odd"), *job.units("extra")]
    numbers = [q.row for unit in units for q in read_records(unit.file(KEPT), Question)]
    dropped = [d.query.row for file in job.dropped_files() for d in read_records(file, Dropped)]
    return {
        "sum": sum(numbers),
        "dropped": dropped,
        "extra": len(job.stats("extra")),
        "yields": [(y.name, y.rows_in, y.rows_out) for y in job.yields()],
    }


def stages(**odd_facts: Any) -> list[Stage[dict[str, Any]]]:
    return [
        Stage("read", "Read", "", lambda c: Facts(None), read, scope="all"),
        Stage("odd", "Odd", "", lambda c: Facts(c["limit"]), odd, ("read",), yields=("odd",),
              drops="even", **odd_facts),
        Stage("extra", "Extra", "", lambda c: Facts(c["extra"]),
              lambda job, facts: keep(job, [7, 8], [7]), ("odd",), scope="all", yields=("extra",),
              drops="8", needed=lambda facts: facts.value),
        Stage("total", "Total", "", lambda c: Facts(None), total, ("extra",), scope="all"),
    ]  # fmt: skip


def run(folder: Path, limit: int = 9, extra: bool = True, **odd_facts: Any) -> StageStats:
    config = {"limit": limit, "extra": extra}
    return StageRunner(stages(**odd_facts), config, folder, Tools()).run()


def test_stages_run_in_order_over_shards_and_over_all(tmp_path: Path) -> None:
    assert run(tmp_path) == {
        "sum": 1 + 3 + 5 + 7,
        "dropped": [2, 4, 8],
        "extra": 1,
        "yields": [("read", 5, 5), ("odd", 5, 3), ("extra", 2, 1)],
    }


def test_a_stage_that_is_not_needed_leaves_nothing(tmp_path: Path) -> None:
    run(tmp_path)
    assert (tmp_path / "extra" / f"all.{DROPPED}").is_file()
    assert run(tmp_path, extra=False) == {
        "sum": 1 + 3 + 5,
        "dropped": [2, 4],
        "extra": 0,
        "yields": [("read", 5, 5), ("odd", 5, 3)],
    }


def test_what_stages_work_with_is_closed_after_each(tmp_path: Path) -> None:
    runner = StageRunner(stages(), {"limit": 9, "extra": True}, tmp_path, Tools())
    runner.run()
    assert runner.tools.closed == 4


def test_yields_add_up_reasons_over_shards(tmp_path: Path) -> None:
    runner = StageRunner(stages(), {"limit": 9, "extra": True}, tmp_path, Tools())
    runner.run()
    job = Job(runner.stages[-1], runner.unit("total", "all"), runner)
    assert list(job.yields())[1] == StageYield("odd", 5, 3, {"unlike": 2})


def test_a_stage_cannot_read_what_it_does_not_depend_on(tmp_path: Path) -> None:
    def nosy(job: Job[Tools], facts: Facts) -> StageStats:
        job.stats("extra")
        return {}

    aside: Stage[Any] = Stage("aside", "", "", lambda c: Facts(1), nosy, ("odd",), "all")
    runner = StageRunner([*stages(), aside], {"limit": 9, "extra": True}, tmp_path, Tools())
    with pytest.raises(ValueError, match="'aside' reads 'extra', which is not before it in `inp"):
        runner.run()


def test_a_stage_that_leaves_nothing_may_stop_the_build(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"after the stage 'odd' \(unlike: 5\); loosen its setting"):
        run(tmp_path, limit=0, stops_when_empty=True)
    assert run(tmp_path, limit=0)["sum"] == 7


def test_a_check_stops_the_build_again_when_the_stage_is_finished(tmp_path: Path) -> None:
    def check(stats: list[StageStats], facts: Facts) -> None:
        raise UserError(f"{len(stats)} shards, {facts.value}")

    for _ in range(2):
        with pytest.raises(UserError, match="2 shards, 9"):
            run(tmp_path, check=check)
    assert not (tmp_path / "total").exists()
