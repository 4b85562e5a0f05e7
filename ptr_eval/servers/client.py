"""Sending requests to a server: many at once, at its pace, each with an outcome of its own.

One connection pool for all requests of a call. A refusal for load pauses all of them; an error of
one request is tried again by itself, holding no connection, and disturbs no other. The loop runs in
a thread of its own, so that it works in notebooks, too.
"""

import asyncio
import ssl
import time
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
    backoff: float = 1.0
    """Seconds before the second attempt; they double with each one, up to 10."""


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
    results: SimpleQueue[tuple[int, Result] | None] = SimpleQueue()
    sending = _Sending(server, pace, payloads, results)
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1, "ptr-eval-server") as pool:
        future = pool.submit(_run, loop, sending)
        future.add_done_callback(lambda _: results.put(None))
        try:
            while (result := results.get()) is not None:
                yield result
            future.result()
        finally:
            if not future.done():
                loop.call_soon_threadsafe(sending.stop)


def _run(loop: asyncio.AbstractEventLoop, sending: "_Sending") -> None:
    with closing(loop):
        loop.run_until_complete(sending.run())
        loop.run_until_complete(loop.shutdown_asyncgens())


@dataclass(slots=True)
class _Sending:
    server: Server
    pace: Pace
    payloads: Sequence[Mapping[str, Any]]
    results: "SimpleQueue[tuple[int, Result] | None]"
    refusal: Rejection | None = field(default=None, init=False)
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

    def stop(self) -> None:
        """Send nothing more, and drop what is in flight."""
        self.going_on = False
        for task in self.tasks:
            task.cancel()

    async def _work(self, session: "aiohttp.ClientSession", left: Iterator[int]) -> None:
        for place in left:
            result = await self._one(session, self.payloads[place])
            if result is not None:
                self.results.put((place, result))

    async def _one(
        self, session: "aiohttp.ClientSession", payload: Mapping[str, Any]
    ) -> Result | None:
        """Get the result of one request; None if nothing more is to be sent."""
        attempt = 1
        while await self._turn():
            result = await self._send(session, payload)
            if not isinstance(result, Rejection) or result.remedy == "none":
                return result
            if result.remedy == "wait":
                continue
            if attempt >= self.server.attempts:
                return result
            await asyncio.sleep(min(self.server.backoff * 2.0 ** (attempt - 1), 10.0))
            attempt += 1
        return self.refusal if self.going_on else None

    async def _send(self, session: "aiohttp.ClientSession", payload: Mapping[str, Any]) -> Result:
        began = time.monotonic()
        self.pace.started(began)
        result: Result | None = None
        try:
            result = await self._post(session, payload)
        finally:
            if isinstance(result, Rejection) and result.remedy == "wait":
                self.refusal = result
                by_rate = result.status == 429
                self.pace.refused(time.monotonic(), began, result.after, by_rate=by_rate)
            else:
                self.pace.answered(began)
            self._wake()
        return result

    async def _turn(self) -> bool:
        """Wait until a request may start; False if nothing more is to be sent, or too long."""
        while self.going_on:
            now = time.monotonic()
            silent = self.pace.silence(now)
            if self.refusal and silent > self.server.max_wait:
                self.refusal = _given_up(self.refusal, silent, self.server.max_wait)
                return False
            delay = self.pace.delay(now)
            if delay == 0:
                return True
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), delay)
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
                if response.status == 200:
                    return read_body(raw)
                text = raw.decode("utf-8", errors="replace")
                return reject(response.status, text, response.headers)
        except (aiohttp.ClientError, OSError) as error:  # OSError holds TimeoutError.
            return undelivered(error)


def _given_up(refusal: Rejection, silent: float, most: float) -> Rejection:
    if refusal.remedy == "none":
        return refusal
    waited = f"{refusal.words} (waiting would take {silent:.0f} s, more than {most:.0f} s)"
    return Rejection(waited, "none", refusal.status)
