"""How many requests of a run failed, for the command that started it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class RequestCount:
    """What became of a run's requests."""

    requests: int = 0
    """How many there were."""
    failed: int = 0
    """How many of them failed."""
    in_ledger: bool = False
    """Whether a ledger has the replies of the others."""

    def __str__(self) -> str:
        """Say how many failed, and how they can be asked again."""
        again = (
            "the same command asks them again"
            if self.in_ledger
            else "with --metadata ptr_ledger=FILE, the same command would ask them alone again"
        )
        return f"{self.failed} of {self.requests} requests failed; {again}."


_COUNTS: list[RequestCount] = []


@contextmanager
def count_requests() -> Iterator[RequestCount]:
    """Count the requests of all runs in the block."""
    count = RequestCount()
    _COUNTS.append(count)
    try:
        yield count
    finally:
        _COUNTS.remove(count)


def note_requests(requests: int, failed: int, *, in_ledger: bool) -> None:
    """Note the requests of a run that has ended, for whoever counts them."""
    for count in _COUNTS:
        count.requests += requests
        count.failed += failed
        count.in_ledger = in_ledger
