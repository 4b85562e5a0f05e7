"""Answering a step's turns with a backend: look up, generate, record.

Requests that the ledger knows are not run again. Where a backend generates several answers
together from one random state, such a batch is the unit of resuming: it is put together the same
way in every run, seeded by its contents, and recorded whole, so that a resumed run draws the
same samples as an uninterrupted one. A request that fails is answered by a failed reply.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from lm_eval.api.instance import Instance
from tqdm import tqdm

from ptr_eval.engine import Ledger, PendingTurn
from ptr_eval.harness.answer_hook import report_each_answer
from ptr_eval.harness.backend import Backend, is_sampled
from ptr_eval.harness.failures import failures, one_line, rejected, unreachable
from ptr_eval.harness.requests import Prompter, Request, seed_of
from ptr_eval.harness.usage_probe import UsageProbe, probe_usage
from ptr_eval.protocols import Reply
from ptr_eval.runs import writable

_log = logging.getLogger(__name__)

GIVE_UP = 20
"""So many times in a row is a server that is gone asked, then not again before the next chunk."""

EndsRun = Callable[[Exception, bool, int], bool]
"""Whether a failure ends the run: the error, whether anything was answered before, and how many
requests in a row a server has not even rejected."""


def fails_from_the_start(error: Exception, answered: bool, in_a_row: int) -> bool:
    """End a run whose first request cannot even be delivered."""
    return not answered and not rejected(error)


@dataclass(slots=True)
class BatchAnswerer:
    """Answers turns, step after step, for an engine."""

    backend: Backend
    """The model."""
    prompter: Prompter
    """Turns pending turns into requests."""
    ledger: Ledger | None
    """Where finished replies are kept, if anywhere."""
    ends_run: EndsRun = fails_from_the_start
    """Which failures are not counted but end the run."""
    _probe: UsageProbe = field(default_factory=UsageProbe, init=False)
    _answered: bool = field(default=False, init=False)
    _unreachable: int = field(default=0, init=False)
    _lap: float = field(default=0.0, init=False)

    def __call__(self, pending: list[PendingTurn]) -> list[Reply]:
        """Answer one step; raises a UserError if the backend cannot be reached at all."""
        requests, batches = self.prompter.prepare(pending)
        known = self.ledger.find([r.key for r in requests]) if self.ledger else {}
        replies: dict[int, Reply] = {}
        shown = getattr(self.backend.lm, "rank", 0) == 0
        with tqdm(total=len(pending), desc=f"Round {pending[0].step}", disable=not shown) as bar:
            for batch in batches:
                replies.update(self._answer_batch(requests, batch, known, bar))
        return [self._measured(request, replies[i]) for i, request in enumerate(requests)]

    def _answer_batch(
        self,
        requests: Sequence[Request],
        batch: Sequence[int],
        known: Mapping[str, Reply],
        bar: "tqdm[Any]",
    ) -> dict[int, Reply]:
        missing = [i for i in batch if requests[i].key not in known]
        if missing and self.backend.kind == "hf":
            missing = list(batch)  # One random state, one padding: all or none.
        asked = set(missing)
        replies = {i: known[requests[i].key] for i in batch if i not in asked}
        bar.update(len(replies))
        if missing:
            began = self._lap = time.monotonic()
            with probe_usage(self.backend) as self._probe:
                new = self._generate([requests[i] for i in missing], bar)
            seconds = (time.monotonic() - began) / len(new)
            cached = self._probe.cached
            share = sum(cached) / len(new) if cached else None
            priced = [replace(reply, seconds=seconds, cached_tokens=share) for reply in new]
            replies.update(zip(missing, priced, strict=True))
            self._keep([requests[i] for i in missing], priced)
        return replies

    def _keep(self, requests: Sequence[Request], replies: Sequence[Reply]) -> None:
        good = {
            request.key: reply
            for request, reply in zip(requests, replies, strict=True)
            if reply.failure is None
        }
        self._answered = self._answered or bool(good)
        if self.ledger and good:
            self.ledger.record(good)

    def _generate(self, requests: list[Request], bar: "tqdm[Any]") -> list[Reply]:
        """Answer requests together; if that fails, one by one, to find those that fail."""
        finished: dict[str, Reply] = {}

        def keep(key: str, response: str) -> None:
            now = time.monotonic()
            finished[key] = replace(self._reply(response), seconds=now - self._lap)
            self._lap = now
            bar.update(1)
            if self.ledger:
                self.ledger.record({key: finished[key]})

        pending = [(r.text, r.settings, r.key) for r in requests]
        live = self.backend.kind == "api"
        watch = report_each_answer(self.backend.lm, pending, keep) if live else nullcontext()
        try:
            with watch, self._random_state(requests):
                responses = self.backend.generate(_instances(requests))
        except failures() as error:
            _log.warning(
                "A batch of %d failed (%s); asking one by one.", len(requests), one_line(error)
            )
            self._answered = self._answered or bool(finished)
            return self._one_by_one(requests, finished, bar)
        bar.update(len(requests) - len(finished))
        return [self._reply(response) for response in responses]

    def _one_by_one(
        self, requests: list[Request], finished: Mapping[str, Reply], bar: "tqdm[Any]"
    ) -> list[Reply]:
        left = [r for r in requests if r.key not in finished]
        replies: dict[str, Reply] = dict(finished)
        self._unreachable = 0
        # The first one alone: a server that is down is found out by one request.
        replies.update({r.key: self._alone(r, bar) for r in left[:1]})
        with ThreadPoolExecutor(self.backend.workers) as pool:
            results = pool.map(lambda r: self._alone(r, bar), left[1:])
            replies.update(zip((r.key for r in left[1:]), results, strict=True))
        return [replies[r.key] for r in requests]

    def _alone(self, request: Request, bar: "tqdm[Any]") -> Reply:
        if self._unreachable >= GIVE_UP:
            bar.update(1)
            reason = f"not asked: {GIVE_UP} requests in a row could not be delivered"
            return Reply("", failure=reason)
        try:
            with self._random_state([request]):
                (response,) = self.backend.generate(_instances([request]))
        except failures() as error:
            self._unreachable += self.backend.kind == "api" and not rejected(error)
            if self.ends_run(error, self._answered, self._unreachable):
                raise unreachable(error, answered=self._answered) from error
            _log.warning("A request failed and counts as unanswered: %s", one_line(error))
            return Reply("", failure=one_line(error))
        finally:
            bar.update(1)
        self._unreachable = 0
        reply = self._reply(response)
        self._keep([request], [reply])
        return reply

    def _reply(self, response: str) -> Reply:
        return Reply(response, finish_reason=self._probe.finish_reason(response))

    def _random_state(self, requests: Sequence[Request]) -> AbstractContextManager[None]:
        """Seed the batch's random state by its contents, where the backend has a global one."""
        if self.backend.kind != "hf" or not is_sampled(requests[0].settings):
            return nullcontext()
        return _torch_seed(seed_of([r.sampling_key for r in requests]))

    def _measured(self, request: Request, reply: Reply) -> Reply:
        """Complete a reply by what depends on the prompt, and by lengths."""
        fitted = request.fitted
        response = writable(reply.response)
        reply = replace(reply, response=response, prompt=request.text)
        visible = reply.visible(request.spec.context.settings.thinking_end).text
        return replace(
            reply,
            prompt_tokens=fitted.tokens or 0,
            generated_tokens=self.backend.count(response) if response else 0,
            visible_tokens=self.backend.count(visible) if visible else 0,
            truncated=fitted.truncated,
            dropped_answers=fitted.dropped,
            shortened_candidates=fitted.shortened,
        )


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
