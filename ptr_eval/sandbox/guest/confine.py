"""Takes from a process what it must not have: privileges, rights to files, system calls, means.

None of the steps can be undone by the process, nor by what it executes.
"""

import os
import resource
import struct
from typing import TypedDict

from . import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446

# Landlock's rights to files: how many there are by version, and the ones granted.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER, _TRUNCATE = 1, 2, 4, 8, 1 << 14
_MAKE_DEVICES = 1 << 6 | 1 << 11


class Plan(TypedDict):
    """What a role is told when it is started.

    `role` and `isolated` (false: limits only); whether the evaluator is `root`, and the `uid` to
    become then; the `filter` of system calls; where to write: `devices` and `scratch`, of
    `scratch_bytes`; what else to see: `shown`, `hidden` in it, and `links`; `info`: the
    descriptor on which a launcher reports.
    """

    role: str
    isolated: bool
    root: bool
    uid: int
    filter: bytes
    devices: tuple[str, ...]
    scratch: str
    scratch_bytes: int
    shown: tuple[str, ...]
    hidden: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    info: int


def confine(plan: Plan, uid: int) -> None:
    """Give up privileges and the right to change anything but the scratch folder."""
    if not plan["isolated"]:
        return
    drop_privileges(plan["root"], uid)
    landlock(plan)
    if plan["filter"]:
        install_filter(plan["filter"])


def set_limits(memory: int, cpu: int, processes: int, file_bytes: int) -> None:
    """Limit what this process and those it starts may use, each."""
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NOFILE: 64,
        **({resource.RLIMIT_NPROC: processes} if processes else {}),
    }
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        if hard == resource.RLIM_INFINITY or (value != resource.RLIM_INFINITY and value < hard):
            resource.setrlimit(which, (value, value))


def drop_privileges(root: bool, uid: int) -> None:
    """Become a user without any privilege and without a way to gain one."""
    kernel.call("prctl", kernel.NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if root:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    kernel.call("capset", struct.pack("=Ii", 0x20080522, 0), bytes(24))


def landlock(plan: Plan) -> None:
    """Forbid what the mounts should already prevent, by the kernel's second mechanism.

    Kernels without Landlock are passed over.
    """
    version = landlock_version()
    if version == 0:
        return
    rights = (1 << _RIGHTS[min(version, 5)]) - 1
    network = 3 if version >= 4 else 0
    scope = 3 if version >= 6 else 0  # of abstract sockets and signals
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("=3Q", rights, network, scope)[:size]
    ruleset = kernel.call("syscall", _CREATE_RULESET, attributes, size, 0)
    device = _READ_FILE | _WRITE_FILE | _TRUNCATE
    rules = {
        "/": _EXECUTE | _READ_FILE | _READ_FOLDER,
        plan["scratch"]: rights & ~_MAKE_DEVICES,
        **dict.fromkeys(plan["devices"], device),
    }
    for path, allowed in rules.items():
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", allowed & rights, place)
        kernel.call("syscall", _ADD_RULE, ruleset, 1, rule, 0)
        os.close(place)
    kernel.call("syscall", _RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def landlock_version() -> int:
    """Ask the kernel for its version of Landlock."""
    try:
        return kernel.call("syscall", _CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def install_filter(code: bytes) -> None:
    """Install a filter of system calls."""
    held = kernel.buffer(code)
    program = struct.pack("@HP", len(code) // 8, kernel.address_of(held))
    kernel.call("prctl", kernel.SECCOMP, 2, program, 0, 0)
