"""Processes that end together, and folders that one suite uses at a time."""

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

GRACE_SECONDS = 10.0
"""How long an interrupted process may take to end."""


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Keep every other suite out of a folder, which is made if absent.

    Processes that inherit the lock keep it, so that a run which outlives a suite killed with
    kill -9 is not started a second time beside itself.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written to ({error.strerror}); name another folder as `out`."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise UserError(
                f"{folder} is in use by another suite, or by a run that one left behind when it "
                f"was killed (processes {file.read() or 'unknown'}); wait for it or end it."
            ) from error
        _note(file.fileno(), os.getpid())
        yield file.fileno()


def _note(lock: int, *processes: int) -> None:
    """Write into the lock's file who holds it, for whoever finds it locked."""
    os.ftruncate(lock, 0)
    os.write(lock, ", ".join(map(str, processes)).encode("ascii"))


def execute(command: Sequence[str], log: Path, lock: int) -> int:
    """Run a program, with no other processes left of it in the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in a terminal goes to its foreground group alone.
            pass_fds=(lock,),
        )
    try:
        _note(lock, os.getpid(), process.pid)
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
    with suppress(ProcessLookupError, PermissionError):  # None is left.
        os.killpg(leader, number)


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Make the signals that end programs interrupt this one as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():  # Only it can.
        yield
        return
    numbers = [signal.SIGTERM, signal.SIGHUP]
    # `nohup` ignores SIGHUP, and is to be heeded.
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
