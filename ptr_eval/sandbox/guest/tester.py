"""The trusted side: runs the tests and reports the verdict with the secret that it received.

One process tests many programs, one after the other, each in a fork of its own. The program under
test is never loaded here: instead of its function, the tests call an object that sends the
arguments through a pipe and returns the data that come back.
"""

import builtins
import json
import marshal
import os
import resource
import socket
import sys
from typing import Any

from .channel import Broken, Channel
from .confine import GuestSettings, confine, set_limits
from .runner import READY
from .values import Caught, decode

# Loaded once here, not by the tests of every program.
WARM = ("collections", "copy", "functools", "itertools", "math", "random", "re", "string", "typing")
_MEMORY = 2 << 30  # of a test, in bytes


class CandidateError(Exception):
    """The program raised an exception of a class of its own.

    "Candidate" is HumanEval's word for the function under test: `check(candidate)`.
    """


def nearest_builtin(names: list[str], text: str) -> Exception:
    """Make the built-in exception that is nearest to the one that the program raised."""
    for name in names:
        kind = getattr(builtins, str(name), None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception:
            with Caught():
                return kind(text)
    return CandidateError(f"{names[0]}: {text}")


class RemoteFunction:
    """The function under test, which is called through a pipe."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.broken: str | None = None

    def receive(self) -> object:
        """Wait for the result of a call, or raise what it raised."""
        try:
            form = json.loads(self.channel.receive())
            if "raise" not in form:
                return decode(form["value"])
            error = nearest_builtin(*form["raise"])
        except Broken as failure:
            self.broken = str(failure)
            raise
        except (ValueError, TypeError, KeyError, IndexError, ArithmeticError) as failure:
            self.broken = f"sent no plain data: {failure}"
        except (RecursionError, MemoryError):
            self.broken = "sent data that is too deep or too large"
        else:
            raise error
        raise Broken(self.broken)

    def __call__(self, *args: Any, **kwargs: Any) -> object:
        """Call the program's function."""
        self.channel.send(marshal.dumps((args, kwargs)))
        return self.receive()


def run_tests(job: dict[str, Any], function: RemoteFunction) -> str:
    """Have the program loaded, run its tests, and return the reason of the outcome."""
    with Caught() as caught:
        function.channel.send(marshal.dumps((job["source"], job["entry_point"])))
        function.receive()
        scope: dict[str, Any] = {"__name__": "tests"}
        exec(compile(job["prelude"], "prelude.py", "exec"), scope)
        scope[job["entry_point"]] = function
        exec(compile(job["test"], "test.py", "exec"), scope)
        scope["check"](function)
    if function.broken == "gone":
        return "no verdict"
    if function.broken is not None:
        return f"failed: {function.broken}"
    if caught.error is not None:
        return f"failed: {type(caught.error).__name__}: {caught.error}"[:300].rstrip(": ")
    return "passed"


def serve_one(job: dict[str, Any], pipes: list[int], evaluator: Channel) -> None:
    """Test one program and report: `ready` when its runner has started, then the verdict."""
    channel = Channel(pipes[0], pipes[1], job["output_bytes"])
    with Caught() as caught:
        if channel.receive() != READY:
            raise Broken("gone")
    if caught.error is not None:
        evaluator.send(json.dumps({"event": "not started"}).encode())
        return
    evaluator.send(json.dumps({"event": "ready"}).encode())
    reason = run_tests(job, RemoteFunction(channel))
    report = {"event": "verdict", "reason": reason, "secret": job["secret"]}
    evaluator.send(json.dumps(report).encode())


def main() -> None:
    """Serve the evaluator on standard input, a socket, until it is closed."""
    settings: GuestSettings = marshal.loads(bytes.fromhex(sys.argv[1]))
    for name in WARM:
        __import__(name)
    confine(settings, settings["uid"])
    set_limits(_MEMORY, resource.RLIM_INFINITY, 0, settings["scratch_bytes"])
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(nothing, descriptor)
    connection = socket.socket(fileno=0)
    evaluator = Channel(0, 0, limit=1 << 30)
    while True:
        first, pipes, _, _ = socket.recv_fds(connection, 1, 2)
        if not first:
            return
        job = json.loads(evaluator.receive())
        child = os.fork()
        if child == 0:
            with Caught():
                serve_one(job, pipes, evaluator)
            os._exit(0)
        for descriptor in pipes:
            os.close(descriptor)
        os.waitpid(child, 0)
        evaluator.send(b'{"event": "done"}')
