"""Servers with rate limits, and requests to them, in simulated time."""

import heapq
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ptr_eval.servers import Pace

Says = Literal["nothing", "seconds", "whole seconds"]


@dataclass
class Windows:
    """So many requests fit into each window of time, which begin at fixed times."""

    limit: int
    length: float
    says: Says
    phase: float = 0.0
    taken: Counter[int] = field(default_factory=Counter)

    def refusal(self, now: float) -> tuple[int, float | None] | None:
        """Take a request (None), or refuse it: the window, and what Retry-After says."""
        window = math.floor((now - self.phase) / self.length)
        if self.taken[window] < self.limit:
            self.taken[window] += 1
            return None
        return window, retry_after(self.says, (window + 1) * self.length + self.phase - now)


@dataclass
class Sliding:
    """So many requests fit into any time of so many seconds."""

    limit: int
    length: float
    says: Says
    taken: list[float] = field(default_factory=list)

    def refusal(self, now: float) -> tuple[int, float | None] | None:
        self.taken = [time for time in self.taken if time > now - self.length]
        if len(self.taken) < self.limit:
            self.taken.append(now)
            return None
        return int(now // self.length), retry_after(self.says, self.taken[0] + self.length - now)


@dataclass
class Crowded:
    """Others use the server, too, so it refuses a share of the requests, whatever their pace."""

    share: float
    after: float | None
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def refusal(self, now: float) -> tuple[int, float | None] | None:
        return (int(now), self.after) if self.chance.random() < self.share else None


def retry_after(says: Says, left: float) -> float | None:
    return {"nothing": None, "seconds": left, "whole seconds": float(math.floor(left) + 1)}[says]


@dataclass(frozen=True)
class Course:
    """How a run went.

    Attributes:
        seconds: How long it took.
        refusals: When requests were refused, and in which window of the server.
        most: How many requests were in flight at most.
    """

    seconds: float
    refusals: list[tuple[float, int]]
    most: int


def run(
    server: Windows | Sliding | Crowded, *, requests: int = 300, in_flight: int = 4, seed: int = 0
) -> Course:
    """Send requests through a pace until all are answered."""
    chance = random.Random(seed)
    pace, now, left, done, most = Pace(in_flight), 0.0, requests, 0, 0
    numbers: Iterator[int] = iter(range(10**9))
    events: list[tuple[float, int, str, float, float | None]] = []
    refusals: list[tuple[float, int]] = []
    while done < requests:
        delay = pace.delay(now) if left else None
        if delay == 0:
            pace.started(now)
            left, most = left - 1, max(most, pace.in_flight)
            arrives = now + chance.uniform(0.002, 0.015)
            heapq.heappush(events, (arrives, next(numbers), "arrives", now, None))
        elif delay is not None and (not events or now + delay < events[0][0]):
            now += delay
        else:
            now, _, kind, began, after = heapq.heappop(events)
            if kind == "answered":
                pace.answered(began)
                done += 1
            elif kind == "refused":
                pace.refused(now, began, after, by_rate=True)
                left += 1
            else:
                refusal = server.refusal(now)
                if refusal:
                    refusals.append((now, refusal[0]))
                back = now + chance.uniform(0.002, 0.015)
                kind, after = ("refused", refusal[1]) if refusal else ("answered", None)
                heapq.heappush(events, (back, next(numbers), kind, began, after))
    return Course(now, refusals, most)
