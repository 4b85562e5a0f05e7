"""A long-lived process in a sandbox that works for one worker, and the messages to and from it."""

import json
import select
import socket
from contextlib import suppress
from types import TracebackType

from ptr_eval.sandbox.backends import Kind, Role
from ptr_eval.sandbox.guest.channel import Broken, Channel
from ptr_eval.sandbox.spawn import StartedProcess, start, stop


class NotStarted(RuntimeError):
    """A sandbox did not start, so nothing is known about the program."""


class GuestProcess:
    """A tester or a supervisor.

    It is started when it is first needed, and again after it ended. It must be used and closed in
    one thread, because the kernel ends it together with the thread that started it.
    """

    def __init__(self, kind: Kind, role: Role) -> None:
        self.kind, self.role = kind, role
        self._running: StartedProcess | None = None

    def __enter__(self) -> "GuestProcess":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> str:
        """End the process if it runs; return what it wrote to standard error."""
        if self._running is None:
            return ""
        started, self._running = self._running, None
        return stop(started)

    def submit(self, job: object, pipes: list[int]) -> None:
        """Send a job, with the two pipes that it uses."""
        if self._running is None:
            try:
                self._running = start(self.kind, self.role)
            except OSError as error:
                raise NotStarted(str(error)) from error
        with suppress(OSError):
            socket.send_fds(self._running.connection, [b"+"], pipes)
        self.send(job)

    def send(self, message: object) -> None:
        """Send a message about the current job."""
        try:
            self._channel().send(json.dumps(message).encode())
        except Broken as error:
            raise self._ended() from error

    def next_report(self, seconds: float) -> dict[str, str] | None:
        """Wait for the next report on the current job; None if none arrives in time."""
        channel = self._channel()
        readable = select.poll()
        readable.register(channel.incoming, select.POLLIN)
        if not readable.poll(seconds * 1000):
            return None
        try:
            return dict(json.loads(channel.receive()))
        except (OSError, Broken) as error:
            raise self._ended() from error

    def _channel(self) -> Channel:
        if self._running is None:
            raise self._ended()
        descriptor = self._running.connection.fileno()
        return Channel(descriptor, descriptor, 1 << 20)

    def _ended(self) -> NotStarted:
        return NotStarted(self.close() or f"the {self.role} is gone")
