"""Tries what no program may do; it is run as a program in a sandbox that is to be checked."""

import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

_EXPECTED = {"PYTHONHASHSEED", "LC_CTYPE", "LD_LIBRARY_PATH", "PWD"}


def break_out(targets: dict[str, Any]) -> list[str]:
    """Try everything; return what succeeded."""
    attempts: dict[str, Callable[[], object]] = {
        "files outside can be written": lambda: open(os.path.join(targets["folder"], "new"), "w"),
        "files outside can be shortened": lambda: os.truncate(targets["files"][0], 0),
        "permissions of files outside can be changed": lambda: os.chmod(targets["files"][0], 0o600),
        "the network can be reached": lambda: _connect(targets["port"]),
        "other processes can be signalled": lambda: os.kill(-1, 0),
        "processes can be started": _fork,
        "threads are not limited": lambda: _start_threads(targets["threads"] + 8),
        "memory is not limited": lambda: bytearray(targets["memory_bytes"]),
        "files are not limited": lambda: _fill("large", targets["file_bytes"] + 1),
    }
    for path in targets["files"]:
        attempts[f"{path} can be read"] = partial(open, path)
    holes = [name for name, attempt in attempts.items() if _succeeds(attempt)]
    if set(os.environ) - _EXPECTED:
        holes.append("the environment can be read")
    if os.getuid() == 0:
        holes.append("programs run as root")
    if not _succeeds(lambda: _fill("small", 1000)):
        holes.append("the scratch folder does not work")
    return holes


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, RuntimeError, MemoryError):
        return False
    return True


def _connect(port: int) -> None:
    with socket.socket() as connection:
        connection.settimeout(1)
        connection.connect(("127.0.0.1", port))


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _start_threads(count: int) -> None:
    threading.stack_size(1 << 16)
    finish = threading.Event()
    threads = [threading.Thread(target=finish.wait) for _ in range(count)]
    try:
        for thread in threads:
            thread.start()
    finally:
        finish.set()


def _fill(name: str, size: int) -> None:
    path = os.path.join("/tmp", name)
    try:
        with open(path, "wb") as file:
            file.write(bytes(size))
    finally:
        if os.path.exists(path):
            os.unlink(path)
