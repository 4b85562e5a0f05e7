"""Ordinary answers mixed in against forgetting, in an exact share of the whole.

Two passes over the ids: the first finds how far the hashes of the rows to keep go, the second
asks of each row whether it is kept. Which are kept depends neither on order nor on shards.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from ptr_data.hashing import hashed
from ptr_eval.config import Settings


class MixSettings(Settings):
    """How much is mixed in."""

    share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share of plain answers in the finished data, from 0 to below 1."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Another seed chooses other rows."""


@dataclass(frozen=True, slots=True)
class MixRule:
    """Which plain answers are kept."""

    seed: int
    """The seed of the hashes."""
    last: int
    """A row is kept if its hash is at most this; -1 if none is kept."""
    wanted: int
    """How many rows the share asks for."""
    available: int
    """How many there are."""
    refined: int
    """How many refinement rows they are mixed into."""

    @property
    def kept(self) -> int:
        """How many rows are kept."""
        return min(self.wanted, self.available)

    def keeps(self, row_id: str) -> bool:
        """Decide on one row."""
        return hashed("mix", self.seed, row_id) <= self.last


def mix(ids: Iterable[str], refined: int, settings: MixSettings) -> MixRule:
    """Find the rule that keeps exactly as many rows as the share asks for.

    With n refinement rows and the share s these are s / (1 - s) * n, rounded; all there are if
    that is more. It holds eight bytes for every available row.
    """
    wanted = round(settings.share / (1 - settings.share) * refined)
    hashes = np.fromiter((hashed("mix", settings.seed, row_id) for row_id in ids), dtype=np.uint64)
    last = -1
    if kept := min(wanted, len(hashes)):
        hashes.partition(kept - 1)
        last = int(hashes[kept - 1])
        if np.count_nonzero(hashes <= last) != kept:
            raise ValueError("ids repeat among the rows to mix in")
    return MixRule(settings.seed, last, wanted, len(hashes), refined)


def shortage(rule: MixRule) -> str | None:
    """Say that there are too few rows for the share."""
    if rule.available >= rule.wanted:
        return None
    reached = rule.available / (rule.available + rule.refined)
    return (
        f"The mix asks for {rule.wanted:,} plain answers and only {rule.available:,} are there, "
        f"so they make up {reached:.1%} of the data; add sources or lower `share`."
    )
