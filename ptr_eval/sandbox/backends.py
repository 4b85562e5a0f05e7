"""Builds the command line that starts a process in a sandbox, for each kind of sandbox.

The kinds are `bubblewrap`, `namespaces` (`guest/launcher.py` does the same) and `unsafe`, which
isolates nothing. Each kind is tried before it is used: see `choose`.
"""

import marshal
import os
import shutil
from pathlib import Path
from typing import Any, Literal, get_args

from ptr_eval.sandbox.guest.confine import GuestSettings
from ptr_eval.sandbox.interpreter import InterpreterFiles, interpreter_files
from ptr_eval.sandbox.seccomp import filter_program

Kind = Literal["bubblewrap", "namespaces", "unsafe"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Role = Literal["tester", "supervisor"]

_SCRATCH = "/tmp"
_SCRATCH_BYTES = 16 << 20  # for the tester, whose tests are trusted; a program has its own
_HOME = "/ptr"  # where the folder `guest` is inside bubblewrap
_GUEST = Path(__file__).parent / "guest"
_DEVICES = ("/dev/null", "/dev/urandom")
_NOBODY = "65534"


def launch_command(kind: Kind, role: Role, uid: int, info: int) -> list[str]:
    """Build the command line that starts a tester or a supervisor."""
    files = interpreter_files()
    settings = _guest_settings(kind, role, uid, info, files)
    packed = marshal.dumps(dict[str, Any](settings)).hex()
    if kind == "bubblewrap":
        outside = _bubblewrap(settings, privileged=role == "supervisor")
        return [*outside, *_python(role, _HOME), packed]
    module = "launcher" if kind == "namespaces" else role
    return [*_python(module, str(_GUEST.parent)), packed]


def _guest_settings(
    kind: Kind, role: Role, uid: int, info: int, files: InterpreterFiles
) -> GuestSettings:
    return {
        "role": role,
        "isolated": kind != "unsafe",
        "root": os.geteuid() == 0,
        "uid": uid,
        "filter": filter_program(may_fork=role == "tester") or b"",
        "devices": _DEVICES,
        "scratch": _SCRATCH,
        "scratch_bytes": _SCRATCH_BYTES,
        "shown": files.shown,
        "hidden": files.hidden,
        "links": files.links,
        "info": info,
    }


def _python(module: str, home: str) -> list[str]:
    start = f"import sys; sys.path.insert(0, {home!r}); from guest.{module} import main; main()"
    return [interpreter_files().executable, "-P", "-s", "-S", "-B", "-c", start]


def _bubblewrap(settings: GuestSettings, privileged: bool) -> list[str]:
    options = [shutil.which("bwrap") or "bwrap", "--cap-drop", "ALL"]
    # A supervisor isolates runners, for which it needs a privilege inside its sandbox.
    options += ["--cap-add", "CAP_SYS_ADMIN"] if privileged else []
    # In a user namespace of root, programs would have root's unlimited number of threads. So root
    # uses none, and each program becomes a user of its own.
    if settings["root"]:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL"):
            options += ["--cap-add", capability]
    else:
        options += ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY]
    options += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    options += ["--die-with-parent", "--new-session", "--info-fd", str(settings["info"])]
    for path in _parents((*settings["shown"], *settings["devices"], f"{_HOME}/guest")):
        options += ["--perms", "0755", "--dir", path]  # or else only root may enter it
    for path in settings["shown"]:
        options += ["--ro-bind", path, path]
    options += ["--ro-bind", str(_GUEST), f"{_HOME}/guest"]
    for path in settings["hidden"]:
        options += ["--tmpfs", path, "--remount-ro", path]
    for path, target in settings["links"]:
        options += ["--symlink", target, path]
    for path in settings["devices"]:
        options += ["--dev-bind", path, path]
    options += ["--perms", "1777", "--size", str(settings["scratch_bytes"]), "--tmpfs", _SCRATCH]
    return [*options, "--remount-ro", "/", "--chdir", _SCRATCH]


def _parents(paths: tuple[str, ...]) -> list[str]:
    """List the folders above the paths, outermost first."""
    return sorted({str(parent) for path in paths for parent in Path(path).parents} - {"/"})
