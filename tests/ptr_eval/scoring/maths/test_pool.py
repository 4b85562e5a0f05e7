"""The processes that compare mathematics: killed, hanging, shared, outliving nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest

from ptr_eval.scoring.maths.pool import ComparisonReply, MathsWorker, WorkerPool

EQUAL = ComparisonReply(True, True, None)
ENDLESS = r"9^{9^{9^{9}}}+x"

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    made = WorkerPool()
    assert made.ask("x+1", "1+x") == EQUAL
    yield made
    made.close()


@pytest.fixture
def worker() -> Iterator[MathsWorker]:
    made = MathsWorker(20.0)
    yield made
    made.close()


def _members(group: int) -> list[int]:
    """The processes of a group, zombies included."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group:
            found.append(int(stat.parent.name))
    return sorted(found)


def _child(worker: MathsWorker) -> int:
    assert _wait_until(lambda: len(_members(worker.group)) == 2)
    return next(pid for pid in _members(worker.group) if pid != worker.group)


def _wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_time_limit_ends_a_comparison_and_the_next_one_works(pool: WorkerPool) -> None:
    assert pool.ask("x+1", ENDLESS) == ComparisonReply(False, True, "timed out")
    assert pool.ask("x+1", "1+x") == EQUAL


@pytest.mark.parametrize("which", ["child", "worker"])
def test_killed_idle_worker_is_replaced(pool: WorkerPool, which: str) -> None:
    worker = pool._idle.get_nowait()
    os.kill(_child(worker) if which == "child" else worker.group, signal.SIGKILL)
    pool._idle.put(worker)
    assert pool.ask("x+2", "2+x") == EQUAL


@pytest.mark.parametrize(
    ("end", "failure"), [(signal.SIGKILL, "killed"), (signal.SIGSEGV, "crashed")]
)
def test_child_ended_in_use_is_reported_and_replaced(
    worker: MathsWorker, end: signal.Signals, failure: Literal["killed", "crashed"]
) -> None:
    threading.Timer(0.3, os.kill, (_child(worker), end)).start()
    assert worker.ask("x+1", ENDLESS, False) == ComparisonReply(False, True, failure)
    assert worker.ask("x+1", "1+x", False) == EQUAL


def test_worker_killed_in_use_is_reported(worker: MathsWorker) -> None:
    threading.Timer(0.3, os.killpg, (worker.group, signal.SIGKILL)).start()
    assert worker.ask("x+1", ENDLESS, False) == ComparisonReply(False, True, "killed")
    assert not worker.alive


def test_hanging_worker_is_given_up_and_leaves_no_process() -> None:
    worker = MathsWorker(20.0, max_wait=1.0)
    os.killpg(worker.group, signal.SIGSTOP)
    assert worker.ask("x+1", "1+x", False) == ComparisonReply(False, True, "killed")
    assert not worker.alive
    assert _wait_until(lambda: not _members(worker.group))


def test_closed_worker_leaves_no_process(worker: MathsWorker) -> None:
    assert _child(worker)
    worker.close()
    assert _wait_until(lambda: not _members(worker.group))
    assert worker.ask("x+1", "1+x", False) == ComparisonReply(False, True, "killed")


def test_threads_share_a_pool_and_get_their_own_answers(pool: WorkerPool) -> None:
    def ask(number: int) -> bool:
        return pool.ask(f"x+{number}", f"{number - number % 2}+x").equal

    with ThreadPoolExecutor(3) as threads:
        replies = list(threads.map(ask, range(1, 31)))
    assert replies == [number % 2 == 0 for number in range(1, 31)]


_USER = """
import sys, time
from ptr_eval.scoring.maths.pool import shared_pool
from ptr_eval.scoring.maths import equivalent
assert equivalent("x+1", "1+x")
print(shared_pool()._idle.queue[0].group, flush=True)
if "wait" in sys.argv:
    time.sleep(100)
"""


def _start(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "error", "-c", _USER, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def test_interpreter_exits_quietly_and_takes_the_worker_along() -> None:
    with _start() as process:
        output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert _wait_until(lambda: not _members(int(output)))


def test_worker_dies_with_a_killed_parent() -> None:
    with _start("wait") as process:
        assert process.stdout is not None
        group = int(process.stdout.readline())
        assert _wait_until(lambda: len(_members(group)) == 2)
        process.kill()
    assert _wait_until(lambda: not _members(group))


def test_fork_does_not_end_the_workers_of_its_parent(pool: WorkerPool) -> None:
    worker = pool._idle.get_nowait()
    script = os.fork()
    if script == 0:
        worker.close()
        os._exit(0)
    os.waitpid(script, 0)
    assert worker.alive
    pool._idle.put(worker)
