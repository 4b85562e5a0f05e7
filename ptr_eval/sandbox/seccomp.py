"""Builds a filter of system calls, as a BPF program for the kernel.

It forbids what attackers need and Python code does not: sockets, tracing, mounts, namespaces, keys,
io_uring, shared memory without a limit, and new processes. Only 64-bit x86 and ARM are known;
there is no filter for other machines.
"""

import errno
import platform
import struct
from typing import NamedTuple

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD = 0x10000
_CLONE_NEW_NAMESPACE = 0x7E020000
_X32 = 0x40000000

# Numbers that are the same on all architectures.
_COMMON = (
    *(424, 434, 438),  # pidfd_send_signal pidfd_open pidfd_getfd
    *(425, 426, 427),  # io_uring_setup io_uring_enter io_uring_register
    *(428, 429, 430, 431, 432, 433, 442),  # open_tree move_mount fs... mount_setattr
    *(440, 447, 448),  # process_madvise memfd_secret process_mrelease
)
_CLONE3 = 435


class _Machine(NamedTuple):
    """Numbers of one architecture."""

    audit: int
    """Its id in the kernel's audit records."""
    clone: int
    """The call `clone`."""
    forks: tuple[int, ...]
    """The calls that start processes besides `clone`."""
    denied: tuple[int, ...]
    """The calls that are forbidden."""


_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        56,
        (57, 58),  # fork vfork
        (
            *(41, 29, 64, 68, 240, 319),  # socket shmget semget msgget mq_open memfd_create
            *(101, 310, 311, 312),  # ptrace process_vm_readv process_vm_writev kcmp
            *(165, 166, 155, 161, 272, 308),  # mount umount2 pivot_root chroot unshare setns
            *(248, 249, 250, 321, 298, 323),  # add_key request_key keyctl bpf perf userfaultfd
            *(175, 313, 176, 246, 320, 169),  # modules kexec reboot
            *(167, 168, 163, 179, 103),  # swapon swapoff acct quotactl syslog
            *(303, 304, 300),  # name_to_handle_at open_by_handle_at fanotify_init
            *(135, 154, 172, 173, 153),  # personality modify_ldt iopl ioperm vhangup
            *(164, 227, 170, 171),  # settimeofday clock_settime sethostname setdomainname
        ),
    ),
    "aarch64": _Machine(
        0xC00000B7,
        220,
        (),
        (
            *(198, 194, 190, 186, 180, 279),
            *(117, 270, 271, 272),
            *(40, 39, 41, 51, 97, 268),
            *(217, 218, 219, 280, 241, 282),
            *(105, 273, 106, 104, 294, 142),
            *(224, 225, 89, 60, 116),
            *(264, 265, 262),
            *(92, 58),
            *(170, 112, 161, 162),
        ),
    ),
}


def filter_program(may_fork: bool, machine: str | None = None) -> bytes | None:
    """Build the filter; None if the machine is unknown."""
    known = _MACHINES.get(platform.machine() if machine is None else machine)
    if known is None:
        return None
    refuse = _ERRNO | errno.EPERM
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, known.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),  # a second set of numbers on x86_64
        (_RETURN, 0, 0, _KILL),
        # The flags of clone3 are in memory, which a filter cannot read; without it the C library
        # uses clone.
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for number in (*_COMMON, *known.denied, *(() if may_fork else known.forks)):
        code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, refuse)]
    code += [
        (_EQUAL, 1, 0, known.clone),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _CLONE_NEW_NAMESPACE),
        (_RETURN, 0, 0, refuse),
        (_ANY_BIT, 1, 0, 0xFFFFFFFF if may_fork else _CLONE_THREAD),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
