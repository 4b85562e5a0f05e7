"""Keep warm maths workers, and ask one of them whether two answers are equal.

As many workers run as threads ask at once. They end with this process, however it ends: their
input closes. A worker that was killed is replaced and the question asked once more.
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

TIME_LIMIT = 2.0  # CPU seconds for one comparison; real ones need up to 0.5 on an idle machine
_START_LIMIT = 120.0
# Wall-clock seconds after which a worker is given up; only a starved machine gets here.
_GIVE_UP = 60.0


class Reply(NamedTuple):
    """What a worker said of one answer."""

    equal: bool
    """Whether the answer equals the right one."""
    found: bool
    """Whether there was an answer to compare."""
    failure: Literal["timed out", "crashed", "killed"] | None
    """Why it was not compared; None if it was."""


_GONE = Reply(False, True, "killed")
_POOLS: dict[int, "Pool"] = {}


class Worker:
    """One worker process, asked by one thread at a time."""

    def __init__(self, limit: float, patience: float = _GIVE_UP) -> None:
        root = str(Path(__file__).parents[3])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-W", "ignore", "-m", "ptr_eval.scoring.maths.worker"]
        self._process = subprocess.Popen(
            [*command, str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            # A group of its own: Ctrl-C is for this process, and one signal ends all of it.
            process_group=0,
        )
        self._owner = os.getpid()
        self._patience = patience
        atexit.register(self.close)
        self._buffer = b""
        self._id = 0
        line = self._read_line(_START_LIMIT)
        if not line or not json.loads(line).get("ready"):
            self.close()
            raise RuntimeError(f"the maths worker did not start: {' '.join(command)} {limit}")

    def ask(self, gold: str, answer: str, prose: bool) -> Reply:
        """Compare an answer with the right one."""
        self._id += 1
        request = {"id": self._id, "gold": gold, "answer": answer, "prose": prose}
        if not self._write(json.dumps(request).encode() + b"\n"):
            return _GONE
        while line := self._read_line(self._patience):
            reply = json.loads(line)
            # A child that died between two requests is reported under the earlier one's id.
            if reply["id"] == self._id:
                return _reply(reply)
        self.close()
        return _GONE

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
        """Send a request; false if the worker is gone."""
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            return False
        with suppress(BrokenPipeError):
            pipe.write(line)
            pipe.flush()
            return True
        return False

    def _read_line(self, seconds: float) -> bytes:
        """Read a line; empty if none came in time or the process ended."""
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


class Pool:
    """Workers that wait for questions, started when none is idle."""

    def __init__(self, limit: float = TIME_LIMIT) -> None:
        self._limit = limit
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()

    def ask(self, gold: str, answer: str, prose: bool = False) -> Reply:
        """Let an idle worker compare; see `Worker.ask`."""
        reply = self._ask_once(gold, answer, prose)
        return reply if reply.failure != "killed" else self._ask_once(gold, answer, prose)

    def _ask_once(self, gold: str, answer: str, prose: bool) -> Reply:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = Worker(self._limit)
        reply = None
        try:
            reply = worker.ask(gold, answer, prose)
            return reply
        finally:
            # An interrupted worker may still be answering: it must not be asked again.
            if reply is not None and worker.alive:
                self._idle.put(worker)
            else:
                worker.close()

    def close(self) -> None:
        """End all idle workers."""
        while not self._idle.empty():
            self._idle.get_nowait().close()


def pool() -> Pool:
    """Return this process's pool; a forked process gets its own."""
    return _POOLS.setdefault(os.getpid(), Pool())


def _reply(fields: dict[str, Any]) -> Reply:
    if "failure" in fields:
        return Reply(False, True, fields["failure"])
    return Reply(fields["equal"], fields["found"], None)
