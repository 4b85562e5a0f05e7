"""Choices that depend on nothing but a seed and a name, so that any process makes them alike."""

import hashlib
import json
from typing import Any

RANGE = 2**64
"""Hashes are whole numbers from 0 to below this."""


def hashed(purpose: str, seed: int, key: str) -> int:
    """Draw a number for a key."""
    text = f"{purpose}\0{seed}\0{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def digest(*facts: Any) -> str:
    """Fingerprint facts."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
