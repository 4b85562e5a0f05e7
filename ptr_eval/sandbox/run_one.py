"""Runs one program in a runner of its own, while a tester in another sandbox tests it.

A verdict counts only with the secret that is known to the tester alone. The runner reaches the
tester only through a pipe, on which it replies to calls with data.
"""

import os
import secrets
import time
from contextlib import ExitStack
from dataclasses import asdict
from types import TracebackType

from ptr_eval.sandbox.backends import Kind
from ptr_eval.sandbox.guest_process import GuestProcess, NotStarted
from ptr_eval.sandbox.program import Limits, Outcome, Program
from ptr_eval.sandbox.spawn import FREE_UIDS

_START_SECONDS = 60.0  # for a sandbox to start or end, even on a busy machine
_DRAIN_SECONDS = 5.0  # for a tester to notice that its runner has ended


class Worker:
    """Runs programs one after the other, in one thread, with a tester and a supervisor."""

    def __init__(self, kind: Kind) -> None:
        self.tester = GuestProcess(kind, "tester")
        self.supervisor = GuestProcess(kind, "supervisor")

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def run(self, program: Program, limits: Limits) -> Outcome:
        """Run one program with its tests."""
        secret = secrets.token_hex(16)
        try:
            self._start(program, limits, secret)
            first = self.tester.next_report(_START_SECONDS)
            if first is None or first["event"] != "ready":
                raise NotStarted(self.supervisor.close() or "the runner does not start")
        except BaseException:
            self._close()
            raise
        began = time.monotonic()
        verdict = None
        try:
            verdict = self.tester.next_report(limits.wall_seconds)
            seconds = time.monotonic() - began
            self._finish(verdict)
        except NotStarted:  # the program ended its sandbox, too
            seconds = time.monotonic() - began
            self._close()
        except BaseException:
            self._close()
            raise
        return _outcome(verdict, secret, seconds, limits)

    def _close(self) -> None:
        with ExitStack() as stack:
            stack.callback(self.supervisor.close)
            stack.callback(self.tester.close)

    def _finish(self, last: dict[str, str] | None) -> None:
        """End the runner, then wait for the tester; end the one that does not reply."""
        self.supervisor.send("stop")
        if self.supervisor.next_report(_START_SECONDS) is None:
            self.supervisor.close()
        while last is None or last["event"] != "done":
            last = self.tester.next_report(_DRAIN_SECONDS)
            if last is None:  # the tests hang, even though the runner has ended
                self.tester.close()
                return

    def _start(self, program: Program, limits: Limits, secret: str) -> None:
        """Connect a new runner and the tester by pipes, and send both their jobs."""
        runner_input, tester_output = os.pipe()
        tester_input, runner_output = os.pipe()
        tester_job = {**asdict(program), "output_bytes": limits.output_bytes, "secret": secret}
        try:
            runner_job = {**asdict(limits), "uid": next(FREE_UIDS)}
            self.supervisor.submit(runner_job, [runner_input, runner_output])
            self.tester.submit(tester_job, [tester_input, tester_output])
        finally:
            for descriptor in (runner_input, runner_output, tester_input, tester_output):
                os.close(descriptor)


def _outcome(
    verdict: dict[str, str] | None, secret: str, seconds: float, limits: Limits
) -> Outcome:
    # The kernel ends a program at its limit of processor time without any message.
    late = seconds > min(limits.cpu_seconds - 0.5, limits.wall_seconds - 0.01)
    if verdict is None or verdict.get("secret") != secret or verdict["reason"] == "no verdict":
        return Outcome(False, "timed out" if late else "no verdict", seconds)
    return Outcome(verdict["reason"] == "passed", verdict["reason"], seconds)
