"""Units of work: done once, marked last, never half."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ptr_data.files import written
from ptr_data.hashing import digest
from ptr_data.pipeline.units import StageStats, Unit, run_units


def units(folder: Path, fingerprint: str = "f", count: int = 3) -> list[Unit]:
    return [Unit(folder / "stage", f"{number:05d}", fingerprint) for number in range(count)]


class Worker:
    """Writes each unit's name, and remembers whose turn it was."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, unit: Unit) -> StageStats:
        self.seen.append(unit.name)
        with written(unit.file("txt")) as draft:
            draft.write_text(unit.name)
        return {"rows": int(unit.name)}


def test_every_unit_is_done_once(tmp_path: Path) -> None:
    worker = Worker()
    assert run_units(units(tmp_path), worker, "Test") == [{"rows": 0}, {"rows": 1}, {"rows": 2}]
    assert run_units(units(tmp_path), worker, "Test") == [{"rows": 0}, {"rows": 1}, {"rows": 2}]
    assert worker.seen == ["00000", "00001", "00002"]
    assert units(tmp_path)[2].file("txt").read_text() == "00002"


def test_another_fingerprint_does_it_again(tmp_path: Path) -> None:
    worker = Worker()
    run_units(units(tmp_path), worker, "Test")
    run_units(units(tmp_path, "other"), worker, "Test")
    assert len(worker.seen) == 6


def test_a_unit_that_raised_is_not_done(tmp_path: Path) -> None:
    def fail(unit: Unit) -> StageStats:
        if unit.name == "00001":
            raise ValueError("no")
        return {}

    with pytest.raises(ValueError, match="no"):
        run_units(units(tmp_path), fail, "Test")
    assert [unit.counts() is not None for unit in units(tmp_path)] == [True, False, False]
    worker = Worker()
    run_units(units(tmp_path), worker, "Test")
    assert worker.seen == ["00001", "00002"]


def test_a_broken_marker_counts_for_nothing(tmp_path: Path) -> None:
    run_units(units(tmp_path), Worker(), "Test")
    units(tmp_path)[0].file("done.json").write_text('{"finger')
    worker = Worker()
    run_units(units(tmp_path), worker, "Test")
    assert worker.seen == ["00000"]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail() -> None:
        with written(tmp_path / "x") as draft:
            draft.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_fingerprints_tell_facts_apart() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert len({digest(1), digest("1"), digest([1]), digest(1, 1), digest(None)}) == 5


_SLOW = """
import sys, time
from pathlib import Path
from ptr_data.files import written
from ptr_data.pipeline.units import Unit, run_units

def work(unit):
    print(unit.name, flush=True)
    with written(unit.file("txt")) as draft:
        draft.write_text("half")
        time.sleep(float(sys.argv[2]))
        draft.write_text("whole")
    return {"by": sys.argv[3]}

folder = Path(sys.argv[1])
stats = run_units([Unit(folder / "stage", f"{n:05d}", "f") for n in range(6)], work, "Slow")
print([counts["by"] for counts in stats])
"""


def start(folder: Path, seconds: float, name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _SLOW, str(folder), str(seconds), name],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_two_processes_share_the_units_and_never_collide(tmp_path: Path) -> None:
    one, two = start(tmp_path, 0.3, "one"), start(tmp_path, 0.3, "two")
    outputs = [process.communicate(timeout=60)[0].splitlines() for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0)
    done = outputs[0][:-1] + outputs[1][:-1]
    assert sorted(done) == [f"{n:05d}" for n in range(6)]
    assert all(len(lines) > 1 for lines in outputs)
    assert outputs[0][-1] == outputs[1][-1]


def test_a_killed_process_leaves_its_unit_to_others(tmp_path: Path) -> None:
    victim = start(tmp_path, 30, "victim")
    assert victim.stdout is not None
    assert victim.stdout.readline().strip() == "00000"
    time.sleep(0.2)
    os.kill(victim.pid, signal.SIGKILL)
    victim.communicate()
    output = start(tmp_path, 0, "heir").communicate(timeout=60)[0].splitlines()
    assert len(output) == 7
    for number in range(6):
        assert (tmp_path / "stage" / f"{number:05d}.txt").read_text() == "whole"
    assert not list((tmp_path / "stage").glob("*.part"))
    marker = json.loads((tmp_path / "stage" / "00000.done.json").read_text())
    assert marker == {"fingerprint": "f", "counts": {"by": "heir"}}
