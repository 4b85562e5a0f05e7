"""Keeps processes that compare mathematical answers, and asks one of them.

As many workers run as threads ask at the same time. They end when this process ends, for whatever
reason, because their input is closed. A worker that was killed is replaced, and the comparison is
tried once more.
"""

import atexit
import json
import os
import queue
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

TIME_LIMIT = 0.8  # processor seconds per comparison; real ones need up to 0.2 on an idle machine
_START_LIMIT = 120.0
# Seconds of waiting after which a worker is ended; only an overloaded machine reaches them.
_MAX_WAIT = 60.0


class ComparisonReply(NamedTuple):
    """What a worker replied about one answer."""

    equal: bool
    """Whether the answer equals the right one."""
    found: bool
    """Whether there was an answer to compare."""
    failure: Literal["timed out", "crashed", "killed"] | None
    """Why it was not compared; None if it was."""


_KILLED = ComparisonReply(False, True, "killed")
_POOLS: dict[int, "WorkerPool"] = {}


class MathsWorker:
    """One worker process, used by one thread at a time."""

    def __init__(self, limit: float, max_wait: float = _MAX_WAIT) -> None:
        root = str(Path(__file__).parents[3])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-W", "ignore", "-m", "ptr_eval.scoring.maths.worker"]
        self._process = subprocess.Popen(
            [*command, str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            # A process group of its own: Ctrl-C does not reach it, and one signal ends it all.
            process_group=0,
        )
        self._owner = os.getpid()
        self._max_wait = max_wait
        atexit.register(self.close)
        self._buffer = b""
        self._id = 0
        line = self._read_line(_START_LIMIT)
        if not line or not json.loads(line).get("ready"):
            self.close()
            raise RuntimeError(f"the maths worker did not start: {' '.join(command)} {limit}")

    def ask(self, gold: str, answer: str, prose: bool) -> ComparisonReply:
        """Compare an answer with the right one."""
        self._id += 1
        request = {"id": self._id, "gold": gold, "answer": answer, "prose": prose}
        if not self._write(json.dumps(request).encode() + b"\n"):
            return _KILLED
        while line := self._read_line(self._max_wait):
            reply = json.loads(line)
            # A child that died between two requests is reported with the id of the earlier one.
            if reply["id"] == self._id:
                return _reply(reply)
        self.close()
        return _KILLED

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def group(self) -> int:
        """The id of the process group of the worker and its child."""
        return self._process.pid

    def close(self) -> None:
        """End the process and its child; in a fork of this process, do nothing."""
        if os.getpid() != self._owner:
            return
        atexit.unregister(self.close)
        with suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()

    def _write(self, line: bytes) -> bool:
        """Send a request; False if the worker has ended."""
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            return False
        with suppress(BrokenPipeError):
            pipe.write(line)
            pipe.flush()
            return True
        return False

    def _read_line(self, seconds: float) -> bytes:
        """Read a line; empty if none arrived in time or the process ended."""
        pipe = self._process.stdout
        deadline = time.monotonic() + seconds
        while pipe is not None and b"\n" not in self._buffer:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(pipe.fileno(), 65536) if ready else b""
            if not chunk:
                return b""
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


class WorkerPool:
    """Workers that wait for requests; one is started when none is idle."""

    def __init__(self, limit: float = TIME_LIMIT) -> None:
        self._limit = limit
        self._idle: queue.LifoQueue[MathsWorker] = queue.LifoQueue()

    def ask(self, gold: str, answer: str, prose: bool = False) -> ComparisonReply:
        """Compare an answer with the right one, once more if the worker was killed."""
        reply = self._ask_once(gold, answer, prose)
        return reply if reply.failure != "killed" else self._ask_once(gold, answer, prose)

    def _ask_once(self, gold: str, answer: str, prose: bool) -> ComparisonReply:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = MathsWorker(self._limit)
        reply = None
        try:
            reply = worker.ask(gold, answer, prose)
            return reply
        finally:
            # An interrupted worker may still be busy with this request, so it is not used again.
            if reply is not None and worker.alive:
                self._idle.put(worker)
            else:
                worker.close()

    def close(self) -> None:
        """End all idle workers."""
        while not self._idle.empty():
            self._idle.get_nowait().close()


def shared_pool() -> WorkerPool:
    """Return this process's pool; a forked process gets its own."""
    return _POOLS.setdefault(os.getpid(), WorkerPool())


def _reply(fields: dict[str, Any]) -> ComparisonReply:
    if "failure" in fields:
        return ComparisonReply(False, True, fields["failure"])
    return ComparisonReply(fields["equal"], fields["found"], None)
