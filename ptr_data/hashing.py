"""Digests: choices that depend on nothing but a seed and a name, and what files hold."""

import hashlib
import json
from pathlib import Path
from typing import Any

RANGE = 2**64
"""Hashes are whole numbers from 0 to below this."""

_END = 1 << 20


def hashed(purpose: str, seed: int, key: str) -> int:
    """Draw a number for a key."""
    text = f"{purpose}\0{seed}\0{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def digest(*facts: Any) -> str:
    """Fingerprint facts."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Digest a file; `missing` where there is none: the stage that reads it says so better."""
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_of(path: Path) -> Any:
    """Describe a file, or a folder's files; of large ones both ends, where weights differ too."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return [(file.relative_to(path).as_posix(), content_ends(file)) for file in files]
    return file_digest(path)


def content_ends(path: Path) -> tuple[int, str]:
    """Describe a file by its size and a digest of both ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        found = hashlib.sha256(file.read(_END))
        file.seek(max(0, size - _END))
        found.update(file.read(_END))
    return size, found.hexdigest()
