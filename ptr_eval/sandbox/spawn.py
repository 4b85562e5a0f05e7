"""Starts a tester or a supervisor in a sandbox, and ends it with everything it started.

When the first process of a process namespace ends, the kernel ends all others in it, and reports
the end of the first one last. `stop` waits for that.
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

from ptr_eval.sandbox.backends import Kind, Role, launch_command

# Users that no distribution assigns, so that the threads of each program are counted separately.
FREE_UIDS = itertools.cycle(range(60706, 61184))
_MAX_WAIT = 30.0  # seconds for the kernel to end a process, which it does at once


@dataclass(frozen=True, slots=True)
class StartedProcess:
    """A process in a sandbox."""

    process: subprocess.Popen[bytes]
    """The process outside that waits for it (`unsafe`: the process itself)."""
    connection: socket.socket
    """The socket for messages to and from it."""
    first: int | None
    """A file descriptor of the first process inside; None if there is none or it has ended."""


def start(kind: Kind, role: Role) -> StartedProcess:
    """Start a tester or a supervisor in a sandbox."""
    ours, theirs = socket.socketpair()
    info, info_end = os.pipe()
    try:
        process = subprocess.Popen(
            launch_command(kind, role, next(FREE_UIDS), info_end),
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
        return StartedProcess(process, ours, _descriptor(report.read()))


def stop(started: StartedProcess) -> str:
    """End a process and all that it started; return its errors when all have ended."""
    process, first = started.process, started.first
    started.connection.close()
    if first is not None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(first, signal.SIGKILL)
        ended = select.poll()
        ended.register(first, select.POLLIN)
        gone = ended.poll(_MAX_WAIT * 1000)
        os.close(first)
        if not gone:
            raise RuntimeError(f"process {process.pid} does not end")
    with process:
        try:  # without its connection it ends, and so do the processes it started
            process.wait(_MAX_WAIT)
        except subprocess.TimeoutExpired:
            process.kill()
        error = process.stderr
        return "" if error is None else error.read(1 << 16).decode(errors="replace").strip()


def _environment() -> dict[str, str]:
    """Fix the hashes of strings, for the same verdicts; keep the path of shared libraries."""
    name = "LD_LIBRARY_PATH"
    return {"PYTHONHASHSEED": "0", **({name: os.environ[name]} if name in os.environ else {})}


def _descriptor(report: bytes) -> int | None:
    try:
        return os.pidfd_open(json.loads(report)["child-pid"])
    except (ValueError, KeyError, ProcessLookupError):
        return None
