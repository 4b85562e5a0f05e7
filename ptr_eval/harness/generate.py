"""Answering a step's turns with a backend that answers in batches: look up, generate, record.

Requests that the ledger knows are not run again. Where a backend generates several answers
together from one random state, such a batch is the unit of resuming: it is put together the same
way in every run, seeded by its contents, and recorded whole, so that a resumed run draws the
same samples as an uninterrupted one. A request that fails is answered by a failed reply.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace

from lm_eval.api.instance import Instance

from ptr_eval.engine import Ledger, PendingTurn
from ptr_eval.harness.backend import Backend, is_sampled
from ptr_eval.harness.failures import failures, rejection_of
from ptr_eval.harness.progress import Progress
from ptr_eval.harness.replies import NOT_ASKED, measured
from ptr_eval.harness.requests import Prompter, Request, seed_of
from ptr_eval.harness.tally import Tally
from ptr_eval.harness.usage_probe import UsageProbe, probe_usage
from ptr_eval.protocols import Reply

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class BatchAnswerer:
    """Answers turns, step after step, for an engine."""

    backend: Backend
    """The model."""
    prompter: Prompter
    """Turns pending turns into requests."""
    ledger: Ledger | None
    """Where finished replies are kept, if anywhere."""
    tally: Tally
    """What became of the run's requests; it ends runs that are not worth going on with."""
    progress: Progress
    """What is shown of it."""
    _probe: UsageProbe = field(default_factory=UsageProbe, init=False)

    def __call__(self, pending: list[PendingTurn]) -> list[Reply]:
        """Answer one step; raises a UserError if the run is not worth going on with."""
        requests, batches = self.prompter.prepare(pending)
        known = self.ledger.find([r.key for r in requests]) if self.ledger else {}
        replies: dict[int, Reply] = {}
        self.tally.begin_step()
        for turn in pending:
            self.progress.asked(turn.step)
        for batch in batches:
            new = self._answer_batch(requests, batch, known)
            complete = measured(self.backend, [requests[i] for i in new], list(new.values()))
            for i, reply in zip(new, complete, strict=True):
                replies[i] = reply
                self.progress.answered(pending[i].step, reply.generated_tokens)
        return [replies[i] for i in range(len(requests))]

    def _answer_batch(
        self, requests: Sequence[Request], batch: Sequence[int], known: Mapping[str, Reply]
    ) -> dict[int, Reply]:
        missing = [i for i in batch if requests[i].key not in known]
        if missing and self.backend.kind == "hf":
            missing = list(batch)  # One random state, one padding: all or none.
        asked = set(missing)
        replies = {i: known[requests[i].key] for i in batch if i not in asked}
        self._count_answers(len(replies))
        if missing:
            wanted = [requests[i] for i in missing]
            began = time.monotonic()
            with probe_usage(self.backend) as self._probe:
                new = self._generate(wanted)
            priced = _priced(new, time.monotonic() - began, self._probe.cached)
            replies.update(zip(missing, priced, strict=True))
            self._record(wanted, priced)
        return replies

    def _count_answers(self, count: int) -> None:
        for _ in range(count):
            self.tally.count_answer()

    def _record(self, requests: Sequence[Request], replies: Sequence[Reply]) -> None:
        """Write down what was answered; the rest is asked again by the next run."""
        good = {
            request.key: reply
            for request, reply in zip(requests, replies, strict=True)
            if not reply.missing
        }
        if self.ledger and good:
            self.ledger.record(good)

    def _generate(self, requests: list[Request]) -> list[Reply]:
        """Answer requests together; if that fails, one by one, to find those that fail."""
        try:
            with self._random_state(requests):
                responses = self.backend.generate(_instances(requests))
        except failures() as error:
            if len(requests) == 1:
                return [self._error(error)]
            words = rejection_of(error).words
            _log.warning("A batch of %d failed (%s); asking one by one.", len(requests), words)
            return [self._alone(request) for request in requests]
        self._count_answers(len(requests))
        return [self._reply(response) for response in responses]

    def _alone(self, request: Request) -> Reply:
        if self.tally.gives_up():
            return Reply("", failure=NOT_ASKED)
        try:
            with self._random_state([request]):
                (response,) = self.backend.generate(_instances([request]))
        except failures() as error:
            return self._error(error)
        self._count_answers(1)
        reply = self._reply(response)
        self._record([request], [reply])
        return reply

    def _error(self, error: Exception) -> Reply:
        """Count an error as a failed request; the model's own error may end the run."""
        rejection = rejection_of(error)
        ends = self.tally.ends_run(rejection, self.tally.answered > 0, 0)
        if ends and not rejection.by_server:
            raise error
        self.tally.count_failure(rejection)
        _log.warning("A request failed: %s", rejection.words)
        return Reply("", failure=rejection.words)

    def _reply(self, response: str) -> Reply:
        return Reply(response, finish_reason=self._probe.finish_reason(response))

    def _random_state(self, requests: Sequence[Request]) -> AbstractContextManager[None]:
        """Seed the batch's random state by its contents, where the backend has a global one."""
        if self.backend.kind != "hf" or not is_sampled(requests[0].settings):
            return nullcontext()
        return _torch_seed(seed_of([r.sampling_key for r in requests]))


def _priced(replies: Sequence[Reply], seconds: float, cached: Sequence[float]) -> list[Reply]:
    """Divide a batch's seconds and cached tokens evenly."""
    share = sum(cached) / len(replies) if cached else None
    return [replace(r, seconds=seconds / len(replies), cached_tokens=share) for r in replies]


def _instances(requests: Sequence[Request]) -> list[Instance]:
    return [
        Instance(
            request_type="generate_until",
            doc={},
            arguments=(r.prompt, dict(r.settings)),
            idx=i,
            metadata=("ptr", i, 1),
        )
        for i, r in enumerate(requests)
    ]


@contextmanager
def _torch_seed(seed: int) -> Iterator[None]:
    import torch

    # All devices are the default, and each process would take memory on every one.
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield
