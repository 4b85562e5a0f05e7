"""Answering a round's asks with a backend: look up, generate, record.

Requests that the ledger knows are not run again. Where a backend generates several answers
together from one random state, such a batch is the unit of resuming: it is made up the same
way in every run, seeded by its contents, and recorded whole, so that a resumed run draws the
same samples as an uninterrupted one. A request that fails is answered by a failed reply.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lm_eval.api.instance import Instance
from tqdm import tqdm

from ptr_eval.engine import Ask, Generation, Ledger
from ptr_eval.harness.answer_hook import recording
from ptr_eval.harness.backend import Backend, is_sampled, writable
from ptr_eval.harness.failures import failures, one_line, rejected, unreachable
from ptr_eval.harness.prompts import Prompter, Request, seed_of
from ptr_eval.harness.usage_probe import Heard, listening
from ptr_eval.protocols import Reply
from ptr_eval.thinking import visible_answer

_log = logging.getLogger("lm_eval.ptr")

GIVE_UP = 20
"""So many times in a row is a server that is gone asked, then not again before the next wave."""

EndsRun = Callable[[Exception, bool, int], bool]
"""Whether a failure ends the run: the error, whether anything was answered before, and how many
requests in a row a server has not even rejected."""


def fails_from_the_start(error: Exception, answered: bool, in_a_row: int) -> bool:
    """End a run whose first request cannot even be delivered."""
    return not answered and not rejected(error)


class _Failure(NamedTuple):
    reason: str
    seconds: float | None = None
    cached_tokens: float | None = None
    full: None = None


_Answer = Generation | _Failure


@dataclass(slots=True)
class Answering:
    """Answers asks, round after round, for an engine."""

    backend: Backend
    """The model."""
    prompter: Prompter
    """Turns asks into requests."""
    ledger: Ledger | None
    """Where finished generations are kept, if anywhere."""
    ends_run: EndsRun = fails_from_the_start
    """Which failures are not counted but end the run."""
    _heard: Heard = field(default_factory=Heard, init=False)
    _answered: bool = field(default=False, init=False)
    _unreachable: int = field(default=0, init=False)
    _lap: float = field(default=0.0, init=False)

    def __call__(self, asks: list[Ask]) -> list[Reply]:
        """Answer one round."""
        requests, batches = self.prompter.prepare(asks)
        known = self.ledger.find([r.key for r in requests]) if self.ledger else {}
        answers: dict[int, _Answer] = {}
        shown = getattr(self.backend.lm, "rank", 0) == 0
        with tqdm(total=len(asks), desc=f"Round {asks[0].round}", disable=not shown) as bar:
            for batch in batches:
                answers.update(self._answer_batch(requests, batch, known, bar))
        return [self._reply(request, answers[i]) for i, request in enumerate(requests)]

    def _answer_batch(
        self,
        requests: Sequence[Request],
        batch: Sequence[int],
        known: Mapping[str, Generation],
        bar: "tqdm[Any]",
    ) -> dict[int, _Answer]:
        missing = [i for i in batch if requests[i].key not in known]
        if missing and self.backend.kind == "hf":
            missing = list(batch)  # One random state, one padding: all or none.
        asked = set(missing)
        answers: dict[int, _Answer] = {i: known[requests[i].key] for i in batch if i not in asked}
        bar.update(len(answers))
        if missing:
            began = self._lap = time.monotonic()
            with listening(self.backend) as self._heard:
                new = self._generate([requests[i] for i in missing], bar)
            seconds = (time.monotonic() - began) / len(new)
            cached = self._heard.cached
            share = sum(cached) / len(new) if cached else None
            priced = [a._replace(seconds=seconds, cached_tokens=share) for a in new]
            answers.update(zip(missing, priced, strict=True))
            self._keep([requests[i] for i in missing], priced)
        return answers

    def _keep(self, requests: Sequence[Request], answers: Sequence[_Answer]) -> None:
        good = {
            request.key: answer
            for request, answer in zip(requests, answers, strict=True)
            if isinstance(answer, Generation)
        }
        self._answered = self._answered or bool(good)
        if self.ledger and good:
            self.ledger.record(good)

    def _generate(self, requests: list[Request], bar: "tqdm[Any]") -> list[_Answer]:
        """Answer requests together; if that fails, one by one, to find those that fail."""
        finished: dict[str, Generation] = {}

        def note(key: str, response: str) -> None:
            now = time.monotonic()
            finished[key] = self._finished(response)._replace(seconds=now - self._lap)
            self._lap = now
            bar.update(1)
            if self.ledger:
                self.ledger.record({key: finished[key]})

        pending = [(r.text, r.settings, r.key) for r in requests]
        live = self.backend.kind == "api"
        watch = recording(self.backend.lm, pending, note) if live else nullcontext()
        try:
            with watch, self._random_state(requests):
                answers = self.backend.generate(_instances(requests))
        except failures() as error:
            _log.warning(
                "A batch of %d failed (%s); asking one by one.", len(requests), one_line(error)
            )
            self._answered = self._answered or bool(finished)
            return self._one_by_one(requests, finished, bar)
        bar.update(len(requests) - len(finished))
        return [self._finished(answer) for answer in answers]

    def _one_by_one(
        self, requests: list[Request], finished: Mapping[str, Generation], bar: "tqdm[Any]"
    ) -> list[_Answer]:
        left = [r for r in requests if r.key not in finished]
        answers: dict[str, _Answer] = dict(finished)
        self._unreachable = 0
        # The first one alone: a server that is down is found out by one request.
        answers.update({r.key: self._alone(r, bar) for r in left[:1]})
        with ThreadPoolExecutor(self.backend.workers) as pool:
            results = pool.map(lambda r: self._alone(r, bar), left[1:])
            answers.update(zip((r.key for r in left[1:]), results, strict=True))
        return [answers[r.key] for r in requests]

    def _alone(self, request: Request, bar: "tqdm[Any]") -> _Answer:
        if self._unreachable >= GIVE_UP:
            bar.update(1)
            return _Failure(f"not asked: {GIVE_UP} requests in a row could not be delivered")
        try:
            with self._random_state([request]):
                (answer,) = self.backend.generate(_instances([request]))
        except failures() as error:
            self._unreachable += self.backend.kind == "api" and not rejected(error)
            if self.ends_run(error, self._answered, self._unreachable):
                raise unreachable(error, answered=self._answered) from error
            _log.warning("A request failed and counts as unanswered: %s", one_line(error))
            return _Failure(one_line(error))
        finally:
            bar.update(1)
        self._unreachable = 0
        generation = self._finished(answer)
        self._keep([request], [generation])
        return generation

    def _finished(self, response: str) -> Generation:
        return Generation(response, full=self._heard.full(response))

    def _random_state(self, requests: Sequence[Request]) -> AbstractContextManager[None]:
        """Seed the batch's random state by its contents, where the backend has a global one."""
        if self.backend.kind != "hf" or not is_sampled(requests[0].settings):
            return nullcontext()
        return _torch_seed(seed_of([r.draw for r in requests]))

    def _reply(self, request: Request, answer: _Answer) -> Reply:
        fitted = request.fitted
        failed = answer.reason if isinstance(answer, _Failure) else None
        response = "" if isinstance(answer, _Failure) else writable(answer.response)
        return Reply(
            response=response,
            prompt=request.text,
            prompt_tokens=fitted.tokens or 0,
            generated_tokens=self.backend.count(response) if response else 0,
            visible_tokens=self._visible_tokens(response),
            dropped=fitted.dropped,
            shortened=fitted.shortened,
            cut=fitted.truncated,
            failed=failed,
            seconds=answer.seconds,
            cached_tokens=answer.cached_tokens,
            full=None if answer.full is None else bool(answer.full),
        )

    def _visible_tokens(self, response: str) -> int:
        end = self.prompter.chains[0].slot.plan.settings.thinking_end
        visible = visible_answer(response, end)
        return self.backend.count(visible) if visible else 0


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
