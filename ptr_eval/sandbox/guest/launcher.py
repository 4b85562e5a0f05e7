"""Goes behind the wall with the kernel's own means, where bubblewrap is missing.

Own namespaces and a root folder of its own; then it becomes the tester or the supervisor, which
give up what privileges are left. A step that the kernel refuses ends the process.
"""

import importlib
import marshal
import os
import signal
import struct
import sys

from . import kernel
from .confine import Plan, landlock_version

_MOUNT_SETATTR, _HERE, _WHOLE_TREE, _READ_ONLY = 442, -100, 0x8000, 1


def enter_namespaces(root: bool) -> None:
    """Leave the machine's namespaces; processes forked from now on live in new ones."""
    user, group = os.getuid(), os.getgid()
    flags = kernel.NEW_NS | kernel.NEW_UTS | kernel.NEW_IPC | kernel.NEW_PID | kernel.NEW_NET
    kernel.call("unshare", flags if root else flags | kernel.NEW_USER)
    if not root:
        maps = {"setgroups": "deny", "uid_map": f"65534 {user} 1", "gid_map": f"65534 {group} 1"}
        for name, text in maps.items():
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def build_root(plan: Plan) -> None:
    """Make a file system of the shown files, read-only, with a scratch folder in memory."""
    sources = {path: os.path.realpath(path) for path in plan["shown"]}
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
    for path in plan["hidden"]:
        kernel.mount_memory("/new" + path, "mode=755")
    for path, target in plan["links"]:
        os.symlink(target, "/new" + path)
    os.makedirs("/new" + plan["scratch"], exist_ok=True)
    for path in plan["devices"]:
        placeholder(path)
    kind = struct.pack("=4Q", _READ_ONLY | kernel.NO_SETUID | kernel.NO_DEVICES, 0, 0, 0)
    kernel.call("syscall", _MOUNT_SETATTR, _HERE, b"/new", _WHOLE_TREE, kind, len(kind))
    for path in plan["devices"]:
        kernel.mount("/old" + path, "/new" + path, "none", kernel.BIND)
    kernel.mount_memory("/new" + plan["scratch"], f"mode=1777,size={plan['scratch_bytes']}")
    os.chdir("/new")
    kernel.call("umount2", b"/old", kernel.DETACH)
    kernel.call("pivot_root", b".", b".")
    kernel.call("umount2", b".", kernel.DETACH)
    os.chdir(plan["scratch"])


def placeholder(path: str) -> None:
    """Make an empty file to mount something on."""
    os.makedirs(os.path.dirname("/new" + path), exist_ok=True)
    with open("/new" + path, "w"):
        pass


def bind(source: str, path: str) -> None:
    """Show a file or folder of the old root in the new one."""
    if os.path.isdir(source):
        os.makedirs("/new" + path, exist_ok=True)
    else:
        placeholder(path)
    kernel.mount(source, "/new" + path, "none", kernel.BIND | kernel.RECURSIVE)


def watch(child: int) -> None:
    """Wait for a child, reaping any other, and end as it ended."""
    for descriptor in (0, 1):
        os.close(descriptor)
    while True:
        process, status = os.wait()
        if process == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def main() -> None:
    """Go behind the wall as the plan says, and become its role."""
    plan: Plan = marshal.loads(bytes.fromhex(sys.argv[1]))
    if landlock_version() == 0 or not plan["filter"]:
        raise OSError("Landlock or a filter of system calls is not available")
    role = importlib.import_module(f".{plan['role']}", __package__)
    os.umask(0o022)
    enter_namespaces(plan["root"])
    kernel.call("prctl", kernel.PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if first := os.fork():
        with open(plan["info"], "w") as info:
            info.write(f'{{"child-pid": {first}}}')
        watch(first)
    os.close(plan["info"])
    kernel.call("prctl", kernel.PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    build_root(plan)
    if second := os.fork():
        watch(second)
    os.setsid()
    role.main()
