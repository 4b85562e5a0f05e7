"""Finds the files that a bare Python needs: itself, its standard library, shared libraries.

Installed packages are left out, because some contain the answers to a benchmark.
"""

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LIST_LIBRARIES = """
import importlib, os, sys
for folder in sys.path:
    for name in os.listdir(folder) if folder.endswith("lib-dynload") else ():
        try:
            importlib.import_module(name.partition(".")[0])
        except ImportError:
            pass
for folder in filter(os.path.isdir, sys.path):
    print(folder)
for line in open("/proc/self/maps"):
    if ".so" in line:
        print(line.split(maxsplit=5)[-1].strip())
"""


@dataclass(frozen=True, slots=True)
class InterpreterFiles:
    """The files of this machine that are visible in a sandbox, all of them read-only."""

    executable: str
    """The interpreter."""
    shown: tuple[str, ...]
    """Visible folders and files."""
    hidden: tuple[str, ...]
    """Folders inside `shown` that are made empty."""
    links: tuple[tuple[str, str], ...]
    """Links at the root of the file system, with their targets."""


@cache
def interpreter_files() -> InterpreterFiles:
    """Find the files by loading every extension module in a separate process."""
    executable = str(Path(sys.executable).resolve())
    listing = subprocess.run(
        [executable, "-I", "-S", "-c", _LIST_LIBRARIES],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    paths = {Path(line).resolve() for line in listing.splitlines()}
    folders = _without_nested({str(path if path.is_dir() else path.parent) for path in paths})
    singles = [executable, "/etc/ld.so.cache", *_loaders(folders)]
    links = [path for path in (Path("/lib"), Path("/lib64")) if path.is_symlink()]
    return InterpreterFiles(
        executable,
        (*folders, *(path for path in singles if Path(path).is_file())),
        tuple(sorted(hidden for folder in folders for hidden in _packages(folder))),
        tuple((str(path), str(path.readlink())) for path in links),
    )


def _inside(path: str, folders: list[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def _without_nested(folders: set[str]) -> list[str]:
    return sorted(folder for folder in folders if not _inside(folder, sorted(folders - {folder})))


def _packages(folder: str) -> list[str]:
    names = ("site-packages", "dist-packages")
    patterns = (prefix + name for prefix in ("", "*/", "*/*/") for name in names)
    return [str(path) for pattern in patterns for path in Path(folder).glob(pattern)]


def _loaders(folders: list[str]) -> list[str]:
    """Find the dynamic loader where programs look for it, unless its folder is visible."""
    places = {folder.resolve() for folder in (Path("/lib"), Path("/lib64")) if folder.is_dir()}
    found = [str(path) for place in places for path in place.glob("ld-*.so*")]
    return sorted(path for path in found if not _inside(path, folders))
