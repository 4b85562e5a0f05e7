"""Takes from a process what it must not have: privileges, access to files, system calls, resources.

Neither the process nor a program that it executes can undo this.
"""

import os
import resource
import struct
from typing import TypedDict

from . import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446

# Landlock's access rights: their number by version, and the ones that are granted.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER, _TRUNCATE = 1, 2, 4, 8, 1 << 14
_MAKE_DEVICES = 1 << 6 | 1 << 11


class GuestSettings(TypedDict):
    """What a process in a sandbox is told when it starts."""

    role: str
    """`tester` or `supervisor`."""
    isolated: bool
    """Whether to isolate; False sets limits only."""
    root: bool
    """Whether the evaluator runs as root."""
    uid: int
    """The user to become if it does."""
    filter: bytes
    """The filter of system calls; empty for none."""
    devices: tuple[str, ...]
    """Devices that may be written to."""
    scratch: str
    """The folder that may be written to."""
    scratch_bytes: int
    """Its size."""
    shown: tuple[str, ...]
    """Folders and files that are visible, read-only."""
    hidden: tuple[str, ...]
    """Folders inside `shown` that are made empty."""
    links: tuple[tuple[str, str], ...]
    """Links at the root of the file system, with their targets."""
    info: int
    """The descriptor on which a launcher reports the first process inside."""


def confine(settings: GuestSettings, uid: int) -> None:
    """Give up privileges, and the right to change anything outside the scratch folder."""
    if not settings["isolated"]:
        return
    drop_privileges(settings["root"], uid)
    restrict_file_access(settings)
    if settings["filter"]:
        install_filter(settings["filter"])


def set_limits(memory: int, cpu: int, processes: int, file_bytes: int) -> None:
    """Limit what this process may use, and each process that it starts."""
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
    """Become a user without privileges who cannot gain any."""
    kernel.call("prctl", kernel.NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if root:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    kernel.call("capset", struct.pack("=Ii", 0x20080522, 0), bytes(24))


def restrict_file_access(settings: GuestSettings) -> None:
    """Forbid by Landlock, as a second protection, what the mounts already prevent.

    Does nothing on a kernel without Landlock.
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
        settings["scratch"]: rights & ~_MAKE_DEVICES,
        **dict.fromkeys(settings["devices"], device),
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
