"""The records of the sandbox: what to run, within which limits, and what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its tests."""

    source: str
    """The untrusted code, a Python module."""
    entry_point: str
    """The name of its function under test."""
    test: str
    """Trusted code that defines `check(candidate)`, which asserts on calls of it."""
    prelude: str = ""
    """Trusted code whose names the tests may use, such as the problem's own helpers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use.

    Processor time is what bounds an endless loop; wall time is longer, so that a busy machine
    does not turn a good program into a failed one, and bounds those that sleep.
    """

    cpu_seconds: int = 3
    """Processor time, in whole seconds."""
    wall_seconds: float = 10.0
    """Time from the moment its sandbox is up to the verdict, in seconds."""
    memory_bytes: int = 1 << 30
    """Address space, in bytes."""
    threads: int = 32
    """Threads; a program may not start further processes."""
    output_bytes: int = 1 << 20
    """The longest answer to one call, in bytes of JSON; printed text is discarded."""
    file_bytes: int = 16 << 20
    """All files in the scratch folder together, in bytes."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one program."""

    passed: bool
    """Whether every assertion ran and held."""
    reason: str
    """`passed`, `failed: <error>`, `timed out`, or `no verdict` (it ended itself, or was ended for
    what it did)."""
    seconds: float
    """Wall time from the moment its sandbox was up, in seconds."""
