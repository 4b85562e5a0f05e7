"""The records of the sandbox: a program, its limits, and its outcome."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its tests."""

    source: str
    """The untrusted code, a Python module."""
    entry_point: str
    """The name of the function that is tested."""
    test: str
    """Trusted code that defines `check(candidate)`, which calls the function and asserts."""
    prelude: str = ""
    """Trusted code whose names the tests may use, such as the problem's own helpers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use.

    The limit of processor time ends endless loops. The limit of elapsed time is longer, so that a
    good program does not fail on a busy machine; it ends programs that sleep.

    Raises:
        ValueError: If a limit is not positive.
    """

    cpu_seconds: int = 3
    """Processor time, in whole seconds."""
    wall_seconds: float = 10.0
    """Elapsed time from the start of its sandbox to the verdict, in seconds."""
    memory_bytes: int = 1 << 30
    """Address space, in bytes."""
    threads: int = 32
    """Threads; a program may not start further processes."""
    output_bytes: int = 1 << 20
    """The longest result of one call, in bytes of JSON; printed text is discarded."""
    file_bytes: int = 16 << 20
    """All files in the scratch folder together, in bytes."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What running one program gave."""

    passed: bool
    """Whether every assertion ran and was true."""
    reason: str
    """`passed`, `failed: <error>`, `timed out`, or `no verdict` (the program ended its process, or
    the kernel ended it)."""
    seconds: float
    """Elapsed time from the start of its sandbox, in seconds."""
