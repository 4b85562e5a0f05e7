"""Keeps the programs: each gets a fork of this process, walled off in a cell of its own.

The supervisor has the standard library loaded, so that a cell is ready at once. It never sees a
program, a test or a secret, so there is nothing in its memory that a fork could learn, and it
runs nothing of a program itself.
"""

import json
import marshal
import os
import signal
import socket
import sys

from . import candidate, kernel
from .channel import Channel
from .confine import Plan, confine, set_limits

# Loaded here once instead of by every program.
WARM = (
    *("bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "hashlib"),
    *("heapq", "itertools", "math", "operator", "random", "re", "string", "typing"),
)
_PROCESSES = 3  # of the supervisor's user beside the program's threads: launcher, supervisor, cell


def open_cell(plan: Plan, job: dict[str, int], pipes: list[int], home: int) -> int:
    """Fork a candidate into a cell."""
    if plan["isolated"]:
        kernel.call("unshare", kernel.NEW_PID)
    process = os.fork()
    if process == 0:
        live(plan, job, pipes)
    if plan["isolated"]:
        kernel.call("setns", home, kernel.NEW_PID)
    for descriptor in pipes:
        os.close(descriptor)
    return process


def live(plan: Plan, job: dict[str, int], pipes: list[int]) -> None:
    """Wall this process off and serve as a candidate; never return."""
    try:
        os.setsid()
        if plan["isolated"]:
            kernel.call("unshare", kernel.NEW_NS | kernel.NEW_IPC)
            kernel.mount_memory(plan["scratch"], f"mode=1777,size={job['file_bytes']}")
            os.chdir(plan["scratch"])
        processes = job["threads"] + _PROCESSES if plan["isolated"] else 0
        set_limits(job["memory_bytes"], job["cpu_seconds"], processes, job["file_bytes"])
        confine(plan, job["uid"])
        candidate.main(pipes)
    except OSError as error:
        os.write(2, f"{error}\n".encode())
    finally:
        os._exit(1)


def close_cell(process: int, isolated: bool) -> None:
    """End a cell; return when the kernel has ended all that lived in it."""
    try:
        os.kill(process, signal.SIGKILL)
        if not isolated:
            os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(process, 0)


def main() -> None:
    """Serve the evaluator on standard input, a socket, until it closes it."""
    plan: Plan = marshal.loads(bytes.fromhex(sys.argv[1]))
    for name in WARM:
        __import__(name)
    connection = socket.socket(fileno=0)
    evaluator = Channel(0, 0, limit=1 << 20)
    home = os.pidfd_open(os.getpid())
    while True:
        first, pipes, _, _ = socket.recv_fds(connection, 1, 2)
        if not first:
            return
        process = open_cell(plan, json.loads(evaluator.receive()), pipes, home)
        try:
            evaluator.receive()
        finally:
            close_cell(process, plan["isolated"])
        evaluator.send(b'{"event": "gone"}')
