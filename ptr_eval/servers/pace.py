"""When the next request may be sent to a server that refuses what is too much.

One object for all requests to a server. A refusal for load (429, 503) pauses all of them, for as
long as the server says (`Retry-After`), or for a time that doubles until it answers again; after a
pause one request goes first. From a rate limit is learned how many requests fit into how much time,
and no more are sent from then on. A refusal also halves how many may be in flight, which grows
again with answers.

All methods take the time in seconds; nothing here sleeps, asks, or knows lm-eval.
"""

from collections import deque
from dataclasses import dataclass, field

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_SHORTEST_WINDOW, _LONGEST_WINDOW = 1.0, 60.0
_MARGIN = 0.05
"""Seconds after the end of a pause or window, for clocks and networks that differ."""
_LESSONS = 8
"""A limit is known after so many refusals; one that still does not hold is none."""
_STEADY = 60
"""After so many full windows without a refusal, a little more is tried."""


@dataclass(slots=True)
class Pace:
    """When requests to one server may start."""

    most: int
    """How many requests may be in flight."""
    limit: int = field(init=False)
    """How many may be in flight at present."""
    in_flight: int = field(default=0, init=False)
    """How many are."""
    _resume: float = field(default=float("-inf"), init=False)
    _paused: float = field(default=float("-inf"), init=False)
    _pauses: int = field(default=0, init=False)  # In a row, without an answer in between.
    _answers: int = field(default=0, init=False)  # Since the limit last changed.
    _steady: int = field(default=0, init=False)  # Answers since the last refusal or try of more.
    _silent: float = field(default=0.0, init=False)  # Since when the server refuses everything.
    _sent: deque[float] = field(default_factory=deque, init=False)  # Those not refused.
    _oldest: float | None = field(default=None, init=False)  # In the window that a refusal ended.
    _ended: float | None = field(default=None, init=False)  # When it ended; None if learned from.
    _budget: int | None = field(default=None, init=False)  # Requests that fit into a window.
    _lessons: int = field(default=0, init=False)  # Since all went well for long.
    _window: float = field(default=0.0, init=False)  # Its length.

    def __post_init__(self) -> None:
        self.limit = self.most

    def delay(self, now: float) -> float | None:
        """Say after how many seconds a request may start: 0 for now, None once another has ended.

        Args:
            now: The time.

        Returns:
            The seconds.
        """
        if now < self._resume:
            return self._resume - now
        if self.in_flight >= (1 if self._pauses else self.limit):
            return None
        self._learn()
        if self._budget is not None and len(self._sent) >= self._budget:
            return max(0.0, self._sent[-self._budget] + self._window - now)
        return 0.0

    def started(self, now: float) -> None:
        """Count a request that is sent now, after `delay` said 0.

        Args:
            now: The time.
        """
        while self._sent and self._sent[0] < now - 2 * _LONGEST_WINDOW:
            self._sent.popleft()
        self._sent.append(now)
        self.in_flight += 1

    def answered(self, began: float) -> None:
        """Count a request that was not refused for load, whatever became of it.

        Args:
            began: When the request was sent.
        """
        self.in_flight -= 1
        if began > self._paused:
            self._pauses = 0
        self._answers += 1
        if self._answers >= self.limit and self.limit < self.most:
            self.limit, self._answers = self.limit + 1, 0
        self._steady += 1
        if self._budget is not None and self._steady >= _STEADY * self._budget:
            self._budget, self._steady = self._budget + max(1, self._budget // 10), 0
            self._lessons = 0

    def refused(self, now: float, began: float, after: float | None, *, by_rate: bool) -> None:
        """Count a request that the server refused for load.

        Args:
            now: The time.
            began: When the request was sent; one from before the pause belongs to it.
            after: How many seconds to wait, if the server gives a time.
            by_rate: Whether it said that there were too many requests (429).
        """
        self.in_flight -= 1
        if began in self._sent:
            self._sent.remove(began)
        if began > self._paused:
            # Refused at once, several may only have been too many at the same time.
            told = by_rate and (after is not None or self._steady > 0)
            if told and not self._pauses and self._sent and self._is_regular():
                shown = min(self._budget or len(self._sent), len(self._sent))
                self._oldest, self._ended = self._sent[-shown], now
            backoff = min(_FIRST_PAUSE * 2.0**self._pauses, _LONGEST_PAUSE)
            # A server that says 0 and refuses again is not asked all the time.
            pause = backoff if after is None else max(after, backoff / 10)
            self._resume = now + pause + _MARGIN
            self._silent = self._silent if self._pauses else now
            self._paused = now
            self._pauses += 1
            self._steady, self._answers, self.limit = 0, 0, max(1, self.limit // 2)
        elif after is not None:
            self._resume = max(self._resume, now + after + _MARGIN)

    def _is_regular(self) -> bool:
        """Tell whether what was learned holds; a server that refuses at random has no limit."""
        self._lessons += 1
        if self._lessons > _LESSONS:
            self._budget = None
        return self._lessons <= _LESSONS

    def silence(self, now: float) -> float:
        """Tell for how long the server will have refused everything when the pause ends.

        Args:
            now: The time.

        Returns:
            Seconds; 0 if it refuses nothing.
        """
        return max(now, self._resume) - self._silent if self._pauses else 0.0

    def _learn(self) -> None:
        """Learn from the pause that has just ended what fits into how much time.

        The window lasts at least from its oldest request to the end of the pause. What fits is what
        was taken in so much time before the refusal, and less than was tried.
        """
        if self._oldest is None:
            return
        length = max(self._window, self._resume - self._oldest, _SHORTEST_WINDOW + _MARGIN)
        self._window = min(length, _LONGEST_WINDOW + _MARGIN)
        if self._ended is not None:
            fits = sum(self._ended - self._window < sent <= self._ended for sent in self._sent)
            self._budget = max(1, min(fits, (self._budget or fits + 1) - 1))
            self._ended = None
        if not self._pauses:
            self._oldest = None
