"""The records of the sandbox: what to run, within which limits, and what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its tests.

    Attributes:
        source: The untrusted code, a Python module.
        entry_point: The name of its function under test.
        test: Trusted code that defines `check(candidate)`, which asserts on calls of it.
        prelude: Trusted code whose names the tests may use, such as the problem's own helpers.
    """

    source: str
    entry_point: str
    test: str
    prelude: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use.

    Processor time is what bounds an endless loop; wall time is longer, so that a busy machine
    does not turn a good program into a failed one, and bounds those that sleep.

    Attributes:
        cpu_seconds: Processor time, in whole seconds.
        wall_seconds: Time from the moment its sandbox is up to the verdict, in seconds.
        memory_bytes: Address space, in bytes.
        threads: Threads; a program may not start further processes.
        output_bytes: The longest answer to one call, in bytes of JSON; printed text is discarded.
        file_bytes: All files in the scratch folder together, in bytes.
    """

    cpu_seconds: int = 3
    wall_seconds: float = 10.0
    memory_bytes: int = 1 << 30
    threads: int = 32
    output_bytes: int = 1 << 20
    file_bytes: int = 16 << 20

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one program.

    Attributes:
        passed: Whether every assertion ran and held.
        reason: `passed`, `failed: <error>`, `timed out`, or `no verdict` (it ended itself, or was
            ended for what it did).
        seconds: Wall time from the moment its sandbox was up, in seconds.
    """

    passed: bool
    reason: str
    seconds: float
