"""Runs processes that end with all their children, and locks the folder of a suite."""

import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from ptr_eval.errors import UserError
from ptr_eval.lock_file import open_lock_file

GRACE_SECONDS = 10.0
"""How long an interrupted process may take to end, in seconds."""


@contextmanager
def lock_folder(folder: Path) -> Iterator[int]:
    """Lock a folder for one suite; make the folder if it does not exist.

    Processes that inherit the lock hold it, too. So if a suite is killed with kill -9 while a run
    goes on, the run is not started a second time.
    """
    with open_lock_file(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise UserError(
                f"{folder} is in use by another suite, or by a run of a suite that was killed "
                f"(processes {file.read() or 'unknown'}); wait until it ends, or end it."
            ) from error
        _write_holders(file.fileno(), os.getpid())
        yield file.fileno()


def _write_holders(lock: int, *processes: int) -> None:
    """Write into the lock file which processes hold the lock."""
    os.ftruncate(lock, 0)
    os.write(lock, ", ".join(map(str, processes)).encode("ascii"))


def execute(command: Sequence[str], log: Path, lock: int) -> int:
    """Run a program, and end all processes that it started."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},  # Whatever the terminal has.
            start_new_session=True,  # So that Ctrl-C in a terminal does not reach it.
            pass_fds=(lock,),
        )
    try:
        _write_holders(lock, os.getpid(), process.pid)
        return process.wait()
    except KeyboardInterrupt:
        _signal_group(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        raise
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # No process is left.
        os.killpg(leader, number)


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Make the signals that end programs interrupt this one, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():  # Only it can handle signals.
        yield
        return
    numbers = [signal.SIGTERM, signal.SIGHUP]
    # SIGHUP stays ignored under `nohup`.
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
