"""Sending requests to a server: many at once, at its pace, each with an outcome of its own.

One connection pool for all requests of a run. A refusal for load pauses all of them; an error of
one request is tried again by itself, holding no connection, and disturbs no other. The loop runs in
a thread of its own, so that it works in notebooks, too.
"""

import asyncio
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from ptr_eval.servers.body import Generation, read_body
from ptr_eval.servers.pace import Pace
from ptr_eval.servers.rejection import Rejection, reject, undelivered

if TYPE_CHECKING:
    import aiohttp

FIRST_BACKOFF = 1.0
"""Seconds before a request's second attempt; they double with each one, up to 10."""

_TOGETHER = 8
"""So many requests are given to the sending thread at a time, at most."""

SESSION = "X-Session-ID"
"""The header that names what a request belongs to."""

Result = Generation | Rejection
"""What came of a request: what the server generated, or why it did not."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server, and how much is asked of it at once."""

    url: str
    """The address that requests are posted to."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request."""
    in_flight: int = 1
    """How many requests may be under way at once."""
    attempts: int = 3
    """How often a request is sent that fails for a reason of its own."""
    timeout: float = 300.0
    """How many seconds an answer may take."""
    max_wait: float = 600.0
    """For how many seconds a server may refuse everything for load."""
    verify: bool | ssl.SSLContext = True
    """Whether its certificate is checked, or by what."""


class Stream:
    """Requests to a server, sent as they come, and their results as they arrive.

    Nothing is started before the first request. Close it, or use it with `contextlib.closing`; what
    is in flight by then is dropped.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._results: SimpleQueue[_Ended | None] = SimpleQueue()
        self._in_hand = 0
        self._collected: list[_Collected] = []
        self._sending: _Sending | None = None

    def has_room(self) -> bool:
        """Tell whether another request would soon be sent.

        A few more than may be in flight are taken, so that one is ready when another ends. Those
        that wait to be sent again count only up to as many.
        """
        most = self._server.in_flight
        waiting = self._sending.backing_off if self._sending else 0
        return self._in_hand < 2 * most and self._in_hand - waiting < most + most // 8

    def send(self, place: int, payload: Mapping[str, Any], session: str = "") -> None:
        """Send a request as soon as the server's pace allows; returns at once.

        Some are collected, since each time that another thread is woken costs as much as a request;
        `receive` sends them at the latest.

        Args:
            place: What its result is to be known by.
            payload: What to post, as JSON.
            session: What requests with the same beginnings have in common, for routers; they can
                send those to one replica.
        """
        if self._sending is None:
            self._sending = _Sending(self._server, self._results)
            self._sending.open()
        self._in_hand += 1
        self._collected.append((place, payload, session))
        if len(self._collected) == _TOGETHER:
            self._send_collected()

    def receive(self, *, wait: bool = True) -> list[tuple[int, Result]]:
        """Get the results that are there, in the order of arrival.

        Args:
            wait: Whether to wait until there is one, or room for another request.

        Returns:
            Places and results.
        """
        self._send_collected()
        ended = [self._results.get()] if wait and self._in_hand else []
        while True:
            try:
                ended.append(self._results.get_nowait())
            except Empty:
                break
        results = []
        for one in ended:
            if one is not None:
                self._in_hand -= 1
                results.append((one[0], one[1].result()))
        return results

    def close(self) -> None:
        """Send nothing more, and drop what is in flight."""
        if self._sending:
            self._sending.close()

    def _send_collected(self) -> None:
        if self._sending and self._collected:
            self._sending.loop.call_soon_threadsafe(self._sending.begin, self._collected)
            self._collected = []


_Collected = tuple[int, Mapping[str, Any], str]
"""A request's place, payload and session."""

_Ended = tuple[int, "asyncio.Task[Result]"]
"""A request's place, and its task, which has ended."""


@dataclass(slots=True)
class _Sending:
    server: Server
    results: "SimpleQueue[_Ended | None]"
    pace: Pace = field(init=False)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop, init=False)
    thread: threading.Thread = field(init=False)
    session: "aiohttp.ClientSession" = field(init=False)
    first: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    tasks: set["asyncio.Task[Result]"] = field(default_factory=set, init=False)
    changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    backing_off: int = field(default=0, init=False)
    reached: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.server.in_flight)
        self.thread = threading.Thread(
            target=self.loop.run_forever, name="ptr-eval-server", daemon=True
        )

    def open(self) -> None:
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self.loop).result()

    async def _open(self) -> None:
        import aiohttp

        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.server.in_flight, ssl=self.server.verify),
            timeout=aiohttp.ClientTimeout(total=self.server.timeout),
            trust_env=bool(getproxies()),  # Looked up for every request, and rarely there.
        )

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.session.close()
        await self.loop.shutdown_asyncgens()

    def begin(self, requests: Sequence[_Collected]) -> None:
        for place, payload, session in requests:
            named = {SESSION: session} if session else {}
            task = self.loop.create_task(self._one(payload, {**named, **self.server.headers}))
            self.tasks.add(task)
            task.add_done_callback(partial(self._ended, place))

    def _ended(self, place: int, task: "asyncio.Task[Result]") -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            self.results.put((place, task))

    async def _one(self, payload: Mapping[str, Any], headers: Mapping[str, str]) -> Result:
        """Get the result of one request."""
        attempt, refusal, since = 1, None, 0.0
        while True:
            await self._turn()
            result = await self._send(payload, headers)
            if not isinstance(result, Rejection) or result.remedy == "none":
                return result
            if result.remedy == "wait":
                since = since if refusal else time.monotonic()
                refusal = result
                waited = self._would_wait(since)
                if waited > self.server.max_wait:
                    return _given_up(result, waited, self.server.max_wait)
                continue
            if attempt >= self.server.attempts:
                return result
            with self._room_for_others():
                await asyncio.sleep(min(FIRST_BACKOFF * 2.0 ** (attempt - 1), 10.0))
            attempt += 1

    @contextmanager
    def _room_for_others(self) -> Iterator[None]:
        self.backing_off += 1
        self.results.put(None)
        try:
            yield
        finally:
            self.backing_off -= 1

    def _would_wait(self, since: float) -> float:
        """Find how long a request, or the server, will have got nothing when the pause ends."""
        now = time.monotonic()
        return max(self.pace.silence(now), now - since)

    async def _send(self, payload: Mapping[str, Any], headers: Mapping[str, str]) -> Result:
        began = time.monotonic()
        self.pace.started(began)
        result: Result | None = None
        try:
            result = await self._post(payload, headers)
        finally:
            if isinstance(result, Rejection) and result.remedy == "wait":
                by_rate = result.status == 429
                self.pace.refused(time.monotonic(), began, result.after, by_rate=by_rate)
            else:
                self.pace.answered(began)
            self.changed.set()
        return result

    async def _turn(self) -> None:
        """Wait until a request may start, first come, first served; a refused one comes last."""
        async with self.first:
            while (delay := self._delay()) != 0:
                self.changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self.changed.wait()

    def _delay(self) -> float | None:
        """Ask the pace; what waited long enough is tried once more in any case."""
        now = time.monotonic()
        delay = self.pace.delay(now)
        return 0.0 if delay and self.pace.silence(now) > self.server.max_wait else delay

    async def _post(self, payload: Mapping[str, Any], headers: Mapping[str, str]) -> Result:
        import aiohttp

        try:
            async with self.session.post(
                self.server.url, json=payload, headers=headers
            ) as response:
                self.reached = True
                raw = await response.read()
                if response.status < 300:  # A redirect that cannot be followed has no answer.
                    return read_body(raw)
                text = raw.decode("utf-8", errors="replace")
                rejection = reject(response.status, text, response.headers)
        except (aiohttp.ClientError, OSError) as error:  # OSError holds TimeoutError.
            gone = isinstance(error, aiohttp.ClientConnectorError) and self.reached
            return replace(undelivered(error), remedy="wait" if gone else "retry")
        if _is_filtered(response.status, text):
            return Generation("", refusal=rejection.words)
        after = rejection.after or 0.0
        if after > self.server.max_wait:
            return _given_up(rejection, after, self.server.max_wait)
        return rejection


def _is_filtered(status: int, body: str) -> bool:
    """Tell whether an error says that the server's filter refused the prompt, as Azure's does."""
    return status == 400 and '"content_filter"' in body


def _given_up(refusal: Rejection, seconds: float, most: float) -> Rejection:
    words = f"{refusal.words} (waiting would take {seconds:.0f} s, more than {most:.0f} s)"
    return replace(refusal, words=words, remedy="none", after=None, lost=refusal.undelivered)
