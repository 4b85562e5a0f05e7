"""One progress bar over all rounds: how many requests of each are answered, and tokens a second."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm


@dataclass(slots=True)
class Progress:
    """Counts requests and shows them; nothing is shown before the first one."""

    total: int
    """How many requests there will be, as far as is known."""
    title: str = ""
    """What the bar says; the rounds if empty."""
    shown: bool = True
    """Whether there is a bar at all."""
    _asked: Counter[int] = field(default_factory=Counter, init=False)
    _answered: Counter[int] = field(default_factory=Counter, init=False)
    _tokens: int = field(default=0, init=False)
    _began: float = field(default=0.0, init=False)
    _bar: "tqdm[Any] | None" = field(default=None, init=False)

    def expect(self, more: int) -> None:
        """Hear of requests that were not known of."""
        self.total += more
        if self._bar is not None:
            self._bar.total = self.total

    def asked(self, step: int) -> None:
        """Count a request."""
        if self._bar is None:
            self._began = time.monotonic()
            self._bar = tqdm(total=self.total, desc=self.title or "Rounds", disable=not self.shown)
        self._asked[step] += 1

    def answered(self, step: int, tokens: int) -> None:
        """Count a request's end, and the tokens that it generated."""
        self._answered[step] += 1
        self._tokens += tokens
        # Written out only when the bar is drawn; for each request, that would be dear.
        if self._bar is not None and self._bar.update(1):
            self._bar.set_postfix_str(str(self))

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.set_postfix_str(str(self), refresh=False)
            self._bar.close()

    def __str__(self) -> str:
        """Say where each round is, such as `round 1: 96/96, 2: 41/96, 320 tokens/s`."""
        rounds = [f"{t}: {self._answered[t]}/{n}" for t, n in sorted(self._asked.items())]
        rate = self._tokens / max(1e-9, time.monotonic() - self._began)
        return f"round {', '.join(rounds)}, {rate:.0f} tokens/s"
