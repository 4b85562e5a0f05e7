"""Starts a tester or a supervisor in a sandbox, and ends it with everything it started.

The first process of a sandbox's process namespace takes all others with it; the kernel
reports its end when they are gone, so that is what `stop` waits for.
"""

import itertools
import json
import os
import select
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass

from ptr_eval.sandbox.backends import Kind, Role, command

# Users that no distribution hands out, so that each program has its own count of threads.
FREE_UIDS = itertools.cycle(range(60706, 61184))
_PATIENCE = 30.0  # seconds for the kernel to end a process, which it does at once


@dataclass(frozen=True, slots=True)
class Sandboxed:
    """A process behind the wall."""

    process: subprocess.Popen[bytes]
    """The process outside that watches it (`unsafe`: the process itself)."""
    connection: socket.socket
    """The socket to talk to it."""
    first: int | None
    """A handle on the first process inside; None if it has none or is gone."""


def start(kind: Kind, role: Role) -> Sandboxed:
    """Start a tester or a supervisor in a sandbox."""
    ours, theirs = socket.socketpair()
    info, info_end = os.pipe()
    try:
        process = subprocess.Popen(
            command(kind, role, next(FREE_UIDS), info_end),
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(),
            pass_fds=[] if kind == "unsafe" else [info_end],
            start_new_session=kind == "unsafe",
        )
    except BaseException:
        ours.close()
        os.close(info)
        raise
    finally:
        theirs.close()
        os.close(info_end)
    with open(info, "rb") as report:
        return Sandboxed(process, ours, _handle(report.read()))


def stop(sandboxed: Sandboxed) -> str:
    """End a process and all that it started; return when they are gone."""
    process, first = sandboxed.process, sandboxed.first
    sandboxed.connection.close()
    if first is not None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(first, signal.SIGKILL)
        ended = select.poll()
        ended.register(first, select.POLLIN)
        gone = ended.poll(_PATIENCE * 1000)
        os.close(first)
        if not gone:
            raise RuntimeError(f"process {process.pid} does not end")
    with process:
        try:  # without its connection it ends by itself, and takes its own along
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
        error = process.stderr
        return "" if error is None else error.read(1 << 16).decode(errors="replace").strip()


def _environment() -> dict[str, str]:
    """Hash strings alike in every run, for the same verdict; find the interpreter's libraries."""
    name = "LD_LIBRARY_PATH"
    return {"PYTHONHASHSEED": "0", **({name: os.environ[name]} if name in os.environ else {})}


def _handle(report: bytes) -> int | None:
    try:
        return os.pidfd_open(json.loads(report)["child-pid"])
    except (ValueError, KeyError, ProcessLookupError):
        return None
