"""Sending requests to a server: many at once, at its pace, each with an outcome of its own.

One connection pool for all requests of a call. A refusal for load pauses all of them; an error of
one request is tried again by itself, holding no connection, and disturbs no other. The loop runs in
a thread of its own, so that it works in notebooks, too.
"""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from ptr_eval.servers.body import Generation, read_body
from ptr_eval.servers.pace import Pace
from ptr_eval.servers.rejection import Rejection, reject, undelivered

if TYPE_CHECKING:
    import aiohttp

FIRST_BACKOFF = 1.0
"""Seconds before a request's second attempt; they double with each one, up to 10."""

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


def ask(
    server: Server, pace: Pace, payloads: Sequence[Mapping[str, Any]]
) -> Generator[tuple[int, Result], None, None]:
    """Send requests, and give each one's result as soon as it is there.

    Args:
        server: The server.
        pace: What is known of how much it takes; one for all calls.
        payloads: What to post, as JSON.

    Yields:
        A payload's place and its result, in the order of arrival. Once the iterator is closed,
        nothing more is sent.
    """
    results: SimpleQueue[_Item | None] = SimpleQueue()
    sending = _Sending(server, pace, payloads, results)
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1, "ptr-eval-server") as pool:
        future = pool.submit(_run, loop, sending)
        future.add_done_callback(lambda _: results.put(None))
        try:
            while (item := results.get()) is not None:
                place, result, read = item
                yield place, result
                loop.call_soon_threadsafe(read.set)
            future.result()
        finally:
            if not future.done():
                loop.call_soon_threadsafe(sending.stop)


def _run(loop: asyncio.AbstractEventLoop, sending: "_Sending") -> None:
    with closing(loop):
        loop.run_until_complete(sending.run())
        loop.run_until_complete(loop.shutdown_asyncgens())


_Item = tuple[int, Result, asyncio.Event]
"""A payload's place, its result, and what to set when it was read."""


@dataclass(slots=True)
class _Sending:
    server: Server
    pace: Pace
    payloads: Sequence[Mapping[str, Any]]
    results: "SimpleQueue[_Item | None]"
    queue: deque[object] = field(default_factory=deque, init=False)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list, init=False)
    going_on: bool = field(default=True, init=False)
    changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> None:
        import aiohttp

        left = iter(range(len(self.payloads)))
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.server.in_flight, ssl=self.server.verify),
            timeout=aiohttp.ClientTimeout(total=self.server.timeout),
            trust_env=True,
        ) as session:
            # Requests that wait to be tried again hold no connection, so others go on.
            workers = min(len(self.payloads), 2 * self.server.in_flight)
            self.tasks = [asyncio.create_task(self._work(session, left)) for _ in range(workers)]
            try:
                await asyncio.gather(*self.tasks)
            except asyncio.CancelledError:
                if self.going_on:
                    raise
            finally:  # After an error of one, the others are still under way.
                self.stop()
                await asyncio.gather(*self.tasks, return_exceptions=True)

    def stop(self) -> None:
        """Send nothing more, and drop what is in flight."""
        self.going_on = False
        for task in self.tasks:
            task.cancel()

    async def _work(self, session: "aiohttp.ClientSession", left: Iterator[int]) -> None:
        for place in left:
            result = await self._one(session, self.payloads[place])
            if result is None:
                return
            read = asyncio.Event()
            self.results.put((place, result, read))
            await read.wait()  # Whoever reads may want nothing more.

    async def _one(
        self, session: "aiohttp.ClientSession", payload: Mapping[str, Any]
    ) -> Result | None:
        """Get the result of one request; None if nothing more is to be sent."""
        attempt, refusal, since = 1, None, 0.0
        while await self._turn():
            result = await self._send(session, payload)
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
            await asyncio.sleep(min(FIRST_BACKOFF * 2.0 ** (attempt - 1), 10.0))
            attempt += 1
        return None

    def _would_wait(self, since: float) -> float:
        """Find how long a request, or the server, will have got nothing when the pause ends."""
        now = time.monotonic()
        return max(self.pace.silence(now), now - since)

    async def _send(self, session: "aiohttp.ClientSession", payload: Mapping[str, Any]) -> Result:
        began = time.monotonic()
        self.pace.started(began)
        result: Result | None = None
        try:
            result = await self._post(session, payload)
        finally:
            if isinstance(result, Rejection) and result.remedy == "wait":
                by_rate = result.status == 429
                self.pace.refused(time.monotonic(), began, result.after, by_rate=by_rate)
            else:
                self.pace.answered(began)
            self._wake()
        return result

    async def _turn(self) -> bool:
        """Wait until a request may start, first come, first served; False if none should any more.

        A request that was refused comes last, so that no single one keeps the others waiting.
        """
        me = object()
        self.queue.append(me)
        while self.going_on:
            now = time.monotonic()
            delay = self.pace.delay(now)
            if delay and self.pace.silence(now) > self.server.max_wait:
                delay = 0.0  # It waited long enough; each other request is tried once.
            if self.queue[0] is me and delay == 0:
                self.queue.popleft()
                self._wake()
                return True
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), delay if self.queue[0] is me else None)
            except TimeoutError:
                continue
        return False

    def _wake(self) -> None:
        self.changed.set()

    async def _post(self, session: "aiohttp.ClientSession", payload: Mapping[str, Any]) -> Result:
        import aiohttp

        try:
            async with session.post(
                self.server.url, json=payload, headers=self.server.headers
            ) as response:
                raw = await response.read()
                if response.status < 300:  # A redirect that cannot be followed has no answer.
                    return read_body(raw)
                text = raw.decode("utf-8", errors="replace")
                rejection = reject(response.status, text, response.headers)
        except (aiohttp.ClientError, OSError) as error:  # OSError holds TimeoutError.
            return undelivered(error)
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
    return Rejection(words, "none", refusal.status)
