"""A long-lived process behind the wall that serves one worker, with its conversation."""

import json
import select
import socket
from contextlib import suppress
from types import TracebackType

from ptr_eval.sandbox.backends import Kind, Role
from ptr_eval.sandbox.guest.channel import Broken, Channel
from ptr_eval.sandbox.spawn import Sandboxed, start, stop


class NotStarted(RuntimeError):
    """A sandbox did not come up, so nothing is known about the program."""


class Process:
    """A tester or a supervisor.

    It is started when first needed, and again after it was lost. It must be used and closed in
    one thread: the kernel ends it with the thread that started it.
    """

    def __init__(self, kind: Kind, role: Role) -> None:
        self.kind, self.role = kind, role
        self._running: Sandboxed | None = None

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> str:
        """End the process if it runs."""
        if self._running is None:
            return ""
        sandboxed, self._running = self._running, None
        return stop(sandboxed)

    def submit(self, job: object, pipes: list[int]) -> None:
        """Hand over a job."""
        if self._running is None:
            try:
                self._running = start(self.kind, self.role)
            except OSError as error:
                raise NotStarted(str(error)) from error
        with suppress(OSError):
            socket.send_fds(self._running.connection, [b"+"], pipes)
        self.send(job)

    def send(self, message: object) -> None:
        """Send a message about the job in hand."""
        try:
            self._channel().send(json.dumps(message).encode())
        except Broken as error:
            raise self._lost() from error

    def report(self, seconds: float) -> dict[str, str] | None:
        """Wait for the next report on the job in hand."""
        channel = self._channel()
        readable = select.poll()
        readable.register(channel.incoming, select.POLLIN)
        if not readable.poll(seconds * 1000):
            return None
        try:
            return dict(json.loads(channel.receive()))
        except (OSError, Broken) as error:
            raise self._lost() from error

    def _channel(self) -> Channel:
        if self._running is None:
            raise self._lost()
        descriptor = self._running.connection.fileno()
        return Channel(descriptor, descriptor, 1 << 20)

    def _lost(self) -> NotStarted:
        return NotStarted(self.close() or f"the {self.role} is gone")
