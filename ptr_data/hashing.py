"""Choices that depend on nothing but a seed and a name, so that any process makes them alike."""

import hashlib

RANGE = 2**64
"""Hashes are whole numbers from 0 to below this."""


def hashed(purpose: str, seed: int, key: str) -> int:
    """Draw a number for a key."""
    text = f"{purpose}\0{seed}\0{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
