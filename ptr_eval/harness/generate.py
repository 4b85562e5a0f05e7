"""Answering a step's turns with a backend: look up, generate, record.

Requests that the ledger knows are not run again. Where a backend generates several answers
together from one random state, such a batch is the unit of resuming: it is put together the same
way in every run, seeded by its contents, and recorded whole, so that a resumed run draws the
same samples as an uninterrupted one. A request that fails is answered by a failed reply.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from lm_eval.api.instance import Instance
from tqdm import tqdm

from ptr_eval.engine import Ledger, PendingTurn
from ptr_eval.harness.ask_server import payloads_of, reply_of, server_of
from ptr_eval.harness.backend import Backend, is_sampled
from ptr_eval.harness.failures import failures, rejection_of
from ptr_eval.harness.requests import Prompter, Request, seed_of
from ptr_eval.harness.tally import GIVE_UP, Tally
from ptr_eval.harness.usage_probe import UsageProbe, probe_usage
from ptr_eval.protocols import Reply
from ptr_eval.runs import writable
from ptr_eval.servers import Pace, Rejection, Result, ask
from ptr_eval.thinking import block_at_end

_log = logging.getLogger(__name__)

_NOT_ASKED = f"not asked: {GIVE_UP} requests in a row failed for the same reason"


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
    max_wait: float = 600.0
    """For how many seconds a server may refuse everything for load."""
    title: str = ""
    """What the progress bar says; the round if empty."""
    _probe: UsageProbe = field(default_factory=UsageProbe, init=False)
    _pace: Pace | None = field(default=None, init=False)

    def __call__(self, pending: list[PendingTurn]) -> list[Reply]:
        """Answer one step; raises a UserError if the run is not worth going on with."""
        requests, batches = self.prompter.prepare(pending)
        known = self.ledger.find([r.key for r in requests]) if self.ledger else {}
        replies: dict[int, Reply] = {}
        shown = getattr(self.backend.lm, "rank", 0) == 0
        self.tally.begin_step()
        title = self.title or f"Round {pending[0].step}"
        with tqdm(total=len(pending), desc=title, disable=not shown) as bar:
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
        self._count_known(len(replies), bar)
        if missing:
            wanted = [requests[i] for i in missing]
            began = time.monotonic()
            if self.backend.is_server:
                new = self._ask_server(wanted, bar)
                cached = [r.cached_tokens for r in new if r.cached_tokens is not None]
            else:
                with probe_usage(self.backend) as self._probe:
                    new = self._generate(wanted, bar)
                cached = self._probe.cached
            priced = _priced(new, time.monotonic() - began, cached)
            replies.update(zip(missing, priced, strict=True))
            self._record(wanted, priced)
        return replies

    def _count_known(self, count: int, bar: "tqdm[Any]") -> None:
        bar.update(count)
        for _ in range(count):
            self.tally.count_answer()

    def _record(self, requests: Sequence[Request], replies: Sequence[Reply]) -> None:
        """Write down what was answered; the rest is asked again by the next run.

        A server's empty response may be different the next time, a model's own is not.
        """
        good = {
            request.key: reply
            for request, reply in zip(requests, replies, strict=True)
            if not reply.missing and not (self.backend.is_server and _is_empty(request, reply))
        }
        if self.ledger and good:
            self.ledger.record(good)

    # Servers

    def _ask_server(self, requests: Sequence[Request], bar: "tqdm[Any]") -> list[Reply]:
        server = server_of(self.backend, self.max_wait)
        self._pace = self._pace or Pace(server.in_flight)
        replies: dict[int, Reply] = {}
        lap = time.monotonic()
        with closing(ask(server, self._pace, payloads_of(self.backend, requests))) as results:
            for place, result in results:
                now = time.monotonic()
                replies[place] = self._served(requests[place], result, now - lap)
                lap = now
                bar.update(1)
                if self.tally.gives_up():
                    break
        bar.update(len(requests) - len(replies))
        return [replies.get(i) or Reply("", failure=_NOT_ASKED) for i in range(len(requests))]

    def _served(self, request: Request, result: Result, seconds: float) -> Reply:
        if isinstance(result, Rejection):
            return self._failed(result)
        reply = reply_of(result, request, getattr(self.backend.lm, "think_end_token", None))
        reply = replace(reply, seconds=seconds, cached_tokens=result.cached_tokens)
        self.tally.count_answer()
        self._record([request], [reply])
        return reply

    def _failed(self, rejection: Rejection) -> Reply:
        self.tally.count_failure(rejection)
        _log.warning("A request failed: %s", rejection.words)
        return Reply("", failure=rejection.words)

    # Models that lm-eval runs

    def _generate(self, requests: list[Request], bar: "tqdm[Any]") -> list[Reply]:
        """Answer requests together; if that fails, one by one, to find those that fail."""
        try:
            with self._random_state(requests):
                responses = self.backend.generate(_instances(requests))
        except failures() as error:
            if len(requests) == 1:
                return [self._error(error, bar)]
            words = rejection_of(error).words
            _log.warning("A batch of %d failed (%s); asking one by one.", len(requests), words)
            return [self._alone(request, bar) for request in requests]
        self._count_known(len(requests), bar)
        return [self._reply(response) for response in responses]

    def _alone(self, request: Request, bar: "tqdm[Any]") -> Reply:
        if self.tally.gives_up():
            bar.update(1)
            return Reply("", failure=_NOT_ASKED)
        try:
            with self._random_state([request]):
                (response,) = self.backend.generate(_instances([request]))
        except failures() as error:
            return self._error(error, bar)
        self._count_known(1, bar)
        reply = self._reply(response)
        self._record([request], [reply])
        return reply

    def _error(self, error: Exception, bar: "tqdm[Any]") -> Reply:
        """Count an error as a failed request; the model's own error may end the run."""
        rejection = rejection_of(error)
        ends = self.tally.ends_run(rejection, self.tally.answered > 0, 0)
        if ends and not rejection.by_server:
            raise error
        bar.update(1)
        return self._failed(rejection)

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
        if _stopped_in_thought(request, response):
            reply = replace(reply, finish_reason="length")
        visible = reply.visible(request.spec.context.settings.thinking_end).text
        return replace(
            reply,
            prompt_tokens=fitted.tokens or 0,
            generated_tokens=self.backend.count(response) if response else 0,
            visible_tokens=max(1, self.backend.count(visible)) if visible.strip() else 0,
            truncated=fitted.truncated,
            dropped_answers=fitted.dropped,
            shortened_candidates=fitted.shortened,
        )


def _stopped_in_thought(request: Request, response: str) -> bool:
    """Tell whether a stop of a plain transcript cut a thought that the prompt opened."""
    end, context = request.spec.context.settings.thinking_end, request.spec.context
    opened = not context.chat and block_at_end(request.text, end) == "open"
    return opened and bool(request.settings.get("until")) and end not in response


def _is_empty(request: Request, reply: Reply) -> bool:
    visible = reply.visible(request.spec.context.settings.thinking_end).text
    return replace(reply, visible_tokens=len(visible.strip())).outcome == "empty"


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
