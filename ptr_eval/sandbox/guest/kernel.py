"""Calls of the Linux kernel for which Python has no function."""

import ctypes
import os

NEW_NS, NEW_UTS, NEW_IPC = 0x20000, 0x4000000, 0x8000000
NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000
NO_SETUID, NO_DEVICES = 2, 4
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000
DETACH = 2
PARENT_DEATH, NO_NEW_PRIVILEGES, SECCOMP = 1, 38, 22

_LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: int | bytes | None) -> int:
    """Call a function of the C library."""
    typed = [ctypes.c_long(part) if isinstance(part, int) else part for part in arguments]
    result = int(getattr(_LIBC, name)(*typed))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount a file system."""
    call("mount", *(text.encode() for text in (source, target, kind)), flags, options.encode())


def mount_memory(target: str, options: str) -> None:
    """Mount an empty file system in memory."""
    mount("tmpfs", target, "tmpfs", NO_SETUID | NO_DEVICES, options)


def address_of(data: "ctypes.Array[ctypes.c_char]") -> int:
    """Return the address of a buffer."""
    return ctypes.addressof(data)


def buffer(data: bytes) -> "ctypes.Array[ctypes.c_char]":
    """Copy bytes to memory with a fixed address."""
    return ctypes.create_string_buffer(data, len(data))
