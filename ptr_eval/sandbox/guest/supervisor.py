"""Starts and ends runners: each is a fork of this process that is isolated on its own.

The supervisor has loaded the standard library, so that a runner is ready at once. It never receives
a program, a test or a secret. So a fork learns nothing from its memory, and no part of a program
runs in it.
"""

import json
import marshal
import os
import signal
import socket
import sys

from . import kernel, runner
from .channel import Channel
from .confine import GuestSettings, confine, set_limits

# Loaded once here, not by every program.
WARM = (
    *("bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "hashlib"),
    *("heapq", "itertools", "math", "operator", "random", "re", "string", "typing"),
)
_PROCESSES = 3  # of the same user, besides the program's threads: launcher, supervisor, runner


def start_runner(settings: GuestSettings, job: dict[str, int], pipes: list[int], home: int) -> int:
    """Fork a runner, in a process namespace of its own."""
    if settings["isolated"]:
        kernel.call("unshare", kernel.NEW_PID)
    process = os.fork()
    if process == 0:
        become_runner(settings, job, pipes)
    if settings["isolated"]:
        kernel.call("setns", home, kernel.NEW_PID)
    for descriptor in pipes:
        os.close(descriptor)
    return process


def become_runner(settings: GuestSettings, job: dict[str, int], pipes: list[int]) -> None:
    """Isolate this process and serve as a runner; never return."""
    try:
        os.setsid()
        if settings["isolated"]:
            kernel.call("unshare", kernel.NEW_NS | kernel.NEW_IPC)
            kernel.mount_memory(settings["scratch"], f"mode=1777,size={job['file_bytes']}")
            os.chdir(settings["scratch"])
        processes = job["threads"] + _PROCESSES if settings["isolated"] else 0
        set_limits(job["memory_bytes"], job["cpu_seconds"], processes, job["file_bytes"])
        confine(settings, job["uid"])
        runner.main(pipes)
    except OSError as error:
        os.write(2, f"{error}\n".encode())
    finally:
        os._exit(1)


def stop_runner(process: int, isolated: bool) -> None:
    """End a runner; return when the kernel has ended all processes in its namespace."""
    try:
        os.kill(process, signal.SIGKILL)
        if not isolated:
            os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(process, 0)


def main() -> None:
    """Serve the evaluator on standard input, a socket, until it is closed."""
    settings: GuestSettings = marshal.loads(bytes.fromhex(sys.argv[1]))
    for name in WARM:
        __import__(name)
    connection = socket.socket(fileno=0)
    evaluator = Channel(0, 0, limit=1 << 20)
    home = os.pidfd_open(os.getpid())
    while True:
        first, pipes, _, _ = socket.recv_fds(connection, 1, 2)
        if not first:
            return
        process = start_runner(settings, json.loads(evaluator.receive()), pipes, home)
        try:
            evaluator.receive()
        finally:
            stop_runner(process, settings["isolated"])
        evaluator.send(b'{"event": "gone"}')
