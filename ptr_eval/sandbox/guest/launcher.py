"""Isolates this process by namespaces, where bubblewrap is not available.

It gets namespaces and a root folder of its own. Then it becomes the tester or the supervisor, which
gives up its other privileges. If the kernel refuses anything, the process ends.
"""

import importlib
import marshal
import os
import signal
import struct
import sys

from . import kernel
from .confine import GuestSettings, landlock_version

_MOUNT_SETATTR, _HERE, _WHOLE_TREE, _READ_ONLY = 442, -100, 0x8000, 1


def enter_namespaces(root: bool) -> None:
    """Leave the machine's namespaces; processes that are forked from now on are in new ones."""
    user, group = os.getuid(), os.getgid()
    flags = kernel.NEW_NS | kernel.NEW_UTS | kernel.NEW_IPC | kernel.NEW_PID | kernel.NEW_NET
    kernel.call("unshare", flags if root else flags | kernel.NEW_USER)
    if not root:
        maps = {"setgroups": "deny", "uid_map": f"65534 {user} 1", "gid_map": f"65534 {group} 1"}
        for name, text in maps.items():
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def build_root(settings: GuestSettings) -> None:
    """Make a read-only file system of the visible files, with a scratch folder in memory."""
    sources = {path: os.path.realpath(path) for path in settings["shown"]}
    kernel.mount("none", "/", "none", kernel.RECURSIVE | kernel.PRIVATE)
    kernel.mount_memory("/tmp", "mode=755")
    os.chdir("/tmp")
    os.mkdir("old")
    os.mkdir("new")
    kernel.call("pivot_root", b".", b"old")
    os.chdir("/")
    kernel.mount_memory("/new", "mode=755")
    for path, source in sources.items():
        bind("/old" + source, path)
    for path in settings["hidden"]:
        kernel.mount_memory("/new" + path, "mode=755")
    for path, target in settings["links"]:
        os.symlink(target, "/new" + path)
    os.makedirs("/new" + settings["scratch"], exist_ok=True)
    for path in settings["devices"]:
        placeholder(path)
    kind = struct.pack("=4Q", _READ_ONLY | kernel.NO_SETUID | kernel.NO_DEVICES, 0, 0, 0)
    kernel.call("syscall", _MOUNT_SETATTR, _HERE, b"/new", _WHOLE_TREE, kind, len(kind))
    for path in settings["devices"]:
        kernel.mount("/old" + path, "/new" + path, "none", kernel.BIND)
    kernel.mount_memory("/new" + settings["scratch"], f"mode=1777,size={settings['scratch_bytes']}")
    os.chdir("/new")
    kernel.call("umount2", b"/old", kernel.DETACH)
    kernel.call("pivot_root", b".", b".")
    kernel.call("umount2", b".", kernel.DETACH)
    os.chdir(settings["scratch"])


def placeholder(path: str) -> None:
    """Make an empty file to mount something on."""
    os.makedirs(os.path.dirname("/new" + path), exist_ok=True)
    with open("/new" + path, "w"):
        pass


def bind(source: str, path: str) -> None:
    """Make a file or folder of the old root visible in the new one."""
    if os.path.isdir(source):
        os.makedirs("/new" + path, exist_ok=True)
    else:
        placeholder(path)
    kernel.mount(source, "/new" + path, "none", kernel.BIND | kernel.RECURSIVE)


def wait_for(child: int) -> None:
    """Wait for a child, and for any other that ends before; then end with its exit status."""
    for descriptor in (0, 1):
        os.close(descriptor)
    while True:
        process, status = os.wait()
        if process == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def main() -> None:
    """Isolate this process as the settings say, and take its role."""
    settings: GuestSettings = marshal.loads(bytes.fromhex(sys.argv[1]))
    if landlock_version() == 0 or not settings["filter"]:
        raise OSError("Landlock or a filter of system calls is not available")
    role = importlib.import_module(f".{settings['role']}", __package__)
    os.umask(0o022)
    enter_namespaces(settings["root"])
    kernel.call("prctl", kernel.PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if first := os.fork():
        with open(settings["info"], "w") as info:
            info.write(f'{{"child-pid": {first}}}')
        wait_for(first)
    os.close(settings["info"])
    kernel.call("prctl", kernel.PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    build_root(settings)
    if second := os.fork():
        wait_for(second)
    os.setsid()
    role.main()
