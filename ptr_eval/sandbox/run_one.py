"""Tries one program: a candidate in a cell of its own, judged by a tester in another sandbox.

The verdict counts only with the secret that the tester alone was given. The candidate has no
way to the tester but a pipe, on which it answers calls with data.
"""

import os
import secrets
import time
from contextlib import ExitStack
from dataclasses import asdict
from types import TracebackType

from ptr_eval.sandbox.backends import Kind
from ptr_eval.sandbox.process import NotStarted, Process
from ptr_eval.sandbox.program import Limits, Outcome, Program
from ptr_eval.sandbox.spawn import FREE_UIDS

_START_SECONDS = 60.0  # for a sandbox to come up or go, on however busy a machine
_DRAIN_SECONDS = 5.0  # for a tester to notice that its candidate is gone


class Worker:
    """What one worker needs to try programs one after the other, in one thread."""

    def __init__(self, kind: Kind) -> None:
        self.tester = Process(kind, "tester")
        self.supervisor = Process(kind, "supervisor")

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def attempt(self, program: Program, limits: Limits) -> Outcome:
        """Try one program."""
        secret = secrets.token_hex(16)
        try:
            self._open(program, limits, secret)
            first = self.tester.report(_START_SECONDS)
            if first is None or first["event"] != "ready":
                raise NotStarted(self.supervisor.close() or "the cell does not come up")
        except BaseException:
            self._close()
            raise
        began = time.monotonic()
        verdict = None
        try:
            verdict = self.tester.report(limits.wall_seconds)
            seconds = time.monotonic() - began
            self._clear(verdict)
        except NotStarted:  # the program brought its sandbox down with it
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

    def _clear(self, last: dict[str, str] | None) -> None:
        """Have the cell ended, then wait for the tester; end who does not answer."""
        self.supervisor.send("stop")
        if self.supervisor.report(_START_SECONDS) is None:
            self.supervisor.close()
        while last is None or last["event"] != "done":
            last = self.tester.report(_DRAIN_SECONDS)
            if last is None:  # its tests hang, even without a candidate
                self.tester.close()
                return

    def _open(self, program: Program, limits: Limits, secret: str) -> None:
        """Connect a new cell and the tester by pipes, and tell both what to do."""
        its_input, our_output = os.pipe()
        our_input, its_output = os.pipe()
        job = {**asdict(program), "output_bytes": limits.output_bytes, "secret": secret}
        try:
            bounds = {**asdict(limits), "uid": next(FREE_UIDS)}
            self.supervisor.submit(bounds, [its_input, its_output])
            self.tester.submit(job, [our_input, our_output])
        finally:
            for descriptor in (its_input, its_output, our_input, our_output):
                os.close(descriptor)


def _outcome(
    verdict: dict[str, str] | None, secret: str, seconds: float, limits: Limits
) -> Outcome:
    # The kernel ends a program at its limit of processor time without leaving a word.
    late = seconds > min(limits.cpu_seconds - 0.5, limits.wall_seconds - 0.01)
    if verdict is None or verdict.get("secret") != secret or verdict["reason"] == "no verdict":
        return Outcome(False, "timed out" if late else "no verdict", seconds)
    return Outcome(verdict["reason"] == "passed", verdict["reason"], seconds)
