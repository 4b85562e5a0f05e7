"""Runs many programs at once, each in a sandbox of its own."""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from ptr_eval.sandbox.choose import Sandbox, open_sandbox
from ptr_eval.sandbox.guest_process import NotStarted
from ptr_eval.sandbox.program import Limits, Outcome, Program
from ptr_eval.sandbox.run_one import Worker

_log = logging.getLogger(__name__)
_TRIES = 3  # to start a sandbox: an overloaded machine refuses now and then


def run_programs(
    programs: Sequence[Program],
    *,
    limits: Limits | None = None,
    sandbox: Sandbox | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> list[Outcome]:
    """Run programs in parallel, each in a sandbox of its own.

    Args:
        programs: The programs with their tests, shape [programs].
        limits: What each may use; None for the defaults.
        sandbox: Where to run them; None for the best sandbox that works on this machine.
        workers: How many run at once; None for one per processor core.
        progress: Whether to show a progress bar.

    Returns:
        One outcome for each program, in order.

    Raises:
        UserError: If no sandbox works on this machine.
        NotStarted: If a sandbox that worked before does not start any more.
    """
    limits = Limits() if limits is None else limits
    if not programs:
        return []
    sandbox = open_sandbox() if sandbox is None else sandbox
    _log.info(sandbox.describe(limits))
    workers = workers or len(os.sched_getaffinity(0))
    outcomes: list[Outcome | None] = [None] * len(programs)
    queue = iter(range(len(programs)))
    lock = threading.Lock()
    with tqdm(total=len(programs), desc="programs", disable=not progress) as bar:

        def next_places() -> Iterator[int]:
            while True:
                with lock:
                    at = next(queue, None)
                if at is None:
                    return
                yield at

        def work() -> None:
            with Worker(sandbox.kind) as worker:
                for at in next_places():
                    outcomes[at] = _run_with_retries(worker, programs[at], limits)
                    with lock:
                        bar.update()

        with ThreadPoolExecutor(min(workers, len(programs))) as pool:
            futures = [pool.submit(work) for _ in range(min(workers, len(programs)))]
            try:
                for future in futures:
                    future.result()
            finally:
                with lock:
                    queue = iter(())  # after a failure or Ctrl-C, the other workers stop, too
    return [outcome for outcome in outcomes if outcome is not None]


def run_program(
    program: Program, *, limits: Limits | None = None, sandbox: Sandbox | None = None
) -> Outcome:
    """Run one program.

    Args:
        program: The program with its tests.
        limits: What it may use; None for the defaults.
        sandbox: Where to run it; None for the best sandbox that works on this machine.

    Returns:
        The outcome.

    Raises:
        UserError: If no sandbox works on this machine.
        NotStarted: If a sandbox that worked before does not start any more.
    """
    return run_programs([program], limits=limits, sandbox=sandbox)[0]


def _run_with_retries(worker: Worker, program: Program, limits: Limits) -> Outcome:
    for remaining in reversed(range(_TRIES)):
        try:
            return worker.run(program, limits)
        except NotStarted:
            if not remaining:
                raise
    raise AssertionError
