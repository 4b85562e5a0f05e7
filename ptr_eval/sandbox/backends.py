"""How a process is put behind the wall: the command line of each kind of sandbox.

The kinds are `bubblewrap`, `namespaces` (the same done by `guest/launcher.py`) and `unsafe`,
which isolates nothing. None is trusted by name: see `probe`.
"""

import marshal
import os
import shutil
from pathlib import Path
from typing import Any, Literal, get_args

from ptr_eval.sandbox.guest.confine import Plan
from ptr_eval.sandbox.interpreter import Files, interpreter_files
from ptr_eval.sandbox.seccomp import filter_program

Kind = Literal["bubblewrap", "namespaces", "unsafe"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Role = Literal["tester", "supervisor"]

_SCRATCH = "/tmp"
_SCRATCH_BYTES = 16 << 20  # of the tester, whose tests are trusted; a program has its own
_HOME = "/ptr"  # where bubblewrap shows the folder `guest`
_GUEST = Path(__file__).parent / "guest"
_DEVICES = ("/dev/null", "/dev/urandom")
_NOBODY = "65534"


def command(kind: Kind, role: Role, uid: int, info: int) -> list[str]:
    """Build the command line that starts a tester or a supervisor in a sandbox."""
    files = interpreter_files()
    plan = _plan(kind, role, uid, info, files)
    packed = marshal.dumps(dict[str, Any](plan)).hex()
    if kind == "bubblewrap":
        outside = _bubblewrap(plan, privileged=role == "supervisor")
        return [*outside, *_python(role, _HOME), packed]
    module = "launcher" if kind == "namespaces" else role
    return [*_python(module, str(_GUEST.parent)), packed]


def _plan(kind: Kind, role: Role, uid: int, info: int, files: Files) -> Plan:
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


def _bubblewrap(plan: Plan, privileged: bool) -> list[str]:
    options = [shutil.which("bwrap") or "bwrap", "--cap-drop", "ALL"]
    # A supervisor walls off cells, for which it needs privileges inside its sandbox.
    options += ["--cap-add", "CAP_SYS_ADMIN"] if privileged else []
    # As root, a user namespace would leave programs with root's unlimited number of threads;
    # instead they start without one and become users of their own.
    if plan["root"]:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL"):
            options += ["--cap-add", capability]
    else:
        options += ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY]
    options += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    options += ["--die-with-parent", "--new-session", "--info-fd", str(plan["info"])]
    for path in _parents((*plan["shown"], *plan["devices"], f"{_HOME}/guest")):
        options += ["--perms", "0755", "--dir", path]  # else nobody but root may enter it
    for path in plan["shown"]:
        options += ["--ro-bind", path, path]
    options += ["--ro-bind", str(_GUEST), f"{_HOME}/guest"]
    for path in plan["hidden"]:
        options += ["--tmpfs", path, "--remount-ro", path]
    for path, target in plan["links"]:
        options += ["--symlink", target, path]
    for path in plan["devices"]:
        options += ["--dev-bind", path, path]
    options += ["--perms", "1777", "--size", str(plan["scratch_bytes"]), "--tmpfs", _SCRATCH]
    return [*options, "--remount-ro", "/", "--chdir", _SCRATCH]


def _parents(paths: tuple[str, ...]) -> list[str]:
    """List the folders above the paths, outermost first."""
    return sorted({str(parent) for path in paths for parent in Path(path).parents} - {"/"})
