"""Answering turns with a backend that gives each answer back as soon as it is finished.

Requests that the ledger knows are not run again, and each reply is written down when it comes. Keys
in the ledger do not depend on the order in which requests are asked, so a stopped run goes on in
the middle of its rounds. A request that fails is answered by a failed reply, and disturbs no other.
"""

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from ptr_eval.engine import Answered, Ledger, PendingTurn
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.progress import Progress
from ptr_eval.harness.replies import NOT_ASKED, is_empty, measured
from ptr_eval.harness.requests import Request
from ptr_eval.harness.tally import Tally
from ptr_eval.protocols import Reply
from ptr_eval.servers import Rejection

_log = logging.getLogger(__name__)


class RequestStream(Protocol):
    """A backend's own way to take requests one by one, and to give each answer when it is ready."""

    @property
    def holds(self) -> int | None:
        """How many tokens of earlier prompts it keeps; None if that is not known."""

    def has_room(self) -> bool:
        """Tell whether another request would soon be worked on."""

    def send(self, place: int, request: Request) -> None:
        """Take a request; returns at once."""

    def receive(self, *, wait: bool) -> list[tuple[int, Reply | Rejection]]:
        """Give what is finished, by place; if asked to, wait for something, or for room."""

    def close(self) -> None:
        """Drop what is not finished."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request that is under way, and all turns that wait for its reply."""

    request: Request
    ledger: Ledger | None
    turns: list[PendingTurn]

    @property
    def name(self) -> tuple[int, str]:
        return id(self.ledger), self.request.key


@dataclass(slots=True)
class StreamAnswerer:
    """Answers turns through a stream, for an engine."""

    backend: Backend
    """The model."""
    prepare: Callable[[PendingTurn], Request]
    """Turns a pending turn into a request."""
    ledger_of: Callable[[PendingTurn], Ledger | None]
    """Where the reply to a turn is kept, if anywhere."""
    tally: Tally
    """What became of the run's requests; it ends runs that are not worth going on with."""
    stream: RequestStream
    """What answers."""
    progress: Progress
    """What is shown of it."""
    _clock: "SharedClock" = field(default_factory=lambda: SharedClock(), init=False)
    _asked: dict[int, _Sent] = field(default_factory=dict, init=False)
    _places_of: dict[tuple[int, str], int] = field(default_factory=dict, init=False)
    _ready: Answered = field(default_factory=list, init=False)
    _places: Iterator[int] = field(default_factory=itertools.count, init=False)

    @property
    def holds(self) -> int | None:
        """How many tokens the backend keeps; None if that is not known."""
        return self.stream.holds

    @property
    def is_busy(self) -> bool:
        """Whether any request is under way."""
        return bool(self._asked)

    def has_room(self, step: int) -> bool:
        """Tell whether another request would soon be worked on."""
        return self.stream.has_room()

    def take(self, turn: PendingTurn) -> None:
        """Look a turn's reply up, or ask for it; what is under way is not asked twice."""
        request, ledger = self.prepare(turn), self.ledger_of(turn)
        self.progress.asked(turn.step)
        sent = _Sent(request, ledger, [turn])
        known = ledger.find([request.key]) if ledger else {}
        if request.key in known:
            self.tally.count_answer()
            self._finish(turn, request, known[request.key])
        elif self.tally.gives_up():
            self._finish(turn, request, Reply("", failure=NOT_ASKED))
        elif sent.name in self._places_of:
            self._asked[self._places_of[sent.name]].turns.append(turn)
        else:
            place = self._places_of[sent.name] = next(self._places)
            self._asked[place] = sent
            self._clock.begin(place, time.monotonic())
            self.stream.send(place, request)

    def give(self, *, wait: bool = True) -> Answered:
        """Give back what is finished; raises a UserError if the run is not worth going on with."""
        results = self.stream.receive(wait=wait and not self._ready)
        now = time.monotonic()
        ended = [(self._end(place), self._timed(place, r, now)) for place, r in results]
        self._record(ended)
        for sent, result in ended:
            if isinstance(result, Rejection):
                self.tally.count_failure(result)
                _log.warning("A request failed: %s", result.words)
                reply = Reply("", failure=result.words)
            else:
                self.tally.count_answer()
                reply = result
            for turn in sent.turns:
                self._finish(turn, sent.request, reply)
        given, self._ready = self._ready, []
        return given

    def _end(self, place: int) -> _Sent:
        sent = self._asked.pop(place)
        del self._places_of[sent.name]
        return sent

    def _timed(self, place: int, result: Reply | Rejection, now: float) -> Reply | Rejection:
        seconds = self._clock.end(place, now)
        return result if isinstance(result, Rejection) else replace(result, seconds=seconds)

    def _record(self, ended: list[tuple[_Sent, Reply | Rejection]]) -> None:
        """Write down what was answered; the rest is asked again by the next run.

        A server's empty response may be different the next time, a model's own is not.
        """
        good: dict[int, tuple[Ledger, dict[str, Reply]]] = {}
        for sent, reply in ended:
            if sent.ledger is None or isinstance(reply, Rejection) or reply.missing:
                continue
            if not (self.backend.is_server and is_empty(sent.request, reply)):
                _, replies = good.setdefault(id(sent.ledger), (sent.ledger, {}))
                replies[sent.request.key] = reply
        for ledger, replies in good.values():
            ledger.record(replies)

    def _finish(self, turn: PendingTurn, request: Request, reply: Reply) -> None:
        (reply,) = measured(self.backend, [request], [reply])
        self.progress.answered(turn.step, reply.generated_tokens)
        self._ready.append((turn, reply))


@dataclass(slots=True)
class SharedClock:
    """Shares each moment out evenly among what is under way, so that shares add up to the time."""

    _began: dict[int, float] = field(default_factory=dict, init=False)
    _shared: float = field(default=0.0, init=False)
    _last: float = field(default=0.0, init=False)

    def begin(self, place: int, now: float) -> None:
        """Note that something begins."""
        self._go_on(now)
        self._began[place] = self._shared

    def end(self, place: int, now: float) -> float:
        """Give the seconds that fell to what ends."""
        self._go_on(now)
        return self._shared - self._began.pop(place)

    def _go_on(self, now: float) -> None:
        if self._began:
            self._shared += (now - self._last) / len(self._began)
        self._last = now
