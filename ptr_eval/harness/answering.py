"""Answering a round's asks with a backend: look up, generate, record.

Requests that the ledger knows are not run again. Where a backend generates several answers
together from one random state, such a batch is the unit of resuming: it is made up the same
way in every run, seeded by its contents, and recorded whole, so that a resumed run draws the
same samples as an uninterrupted one. A request that fails is answered by a failed reply.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from lm_eval.api.instance import Instance
from tqdm import tqdm

from ptr_eval.engines import Ask, Ledger
from ptr_eval.harness.backend import Backend, is_sampled, writable
from ptr_eval.harness.failures import failures, one_line, rejected, unreachable
from ptr_eval.harness.prompts import Prompter, Request, seed_of
from ptr_eval.harness.recorder import recording
from ptr_eval.protocols import Reply

_log = logging.getLogger("lm_eval.ptr")

# A server that is gone is asked so many times in a row, then not again before the next wave.
_GIVE_UP = 20


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str


@dataclass(slots=True)
class Answering:
    """Answers asks, round after round, for an engine.

    Attributes:
        backend: The model.
        prompter: Turns asks into requests.
        ledger: Where finished generations are kept, if anywhere.
    """

    backend: Backend
    prompter: Prompter
    ledger: Ledger | None
    _answered: bool = field(default=False, init=False)
    _unreachable: int = field(default=0, init=False)

    def __call__(self, asks: list[Ask]) -> list[Reply]:
        """Answer one round.

        Args:
            asks: What to ask.

        Returns:
            The replies in order.

        Raises:
            UserError: If the backend cannot be reached at all.
        """
        requests, batches = self.prompter.prepare(asks)
        known = self.ledger.find([r.key for r in requests]) if self.ledger else {}
        answers: dict[int, str | _Failure] = {}
        shown = getattr(self.backend.lm, "rank", 0) == 0
        with tqdm(total=len(asks), desc=f"Round {asks[0].round}", disable=not shown) as bar:
            for batch in batches:
                answers.update(self._answer_batch(requests, batch, known, bar))
        return [self._reply(request, answers[i]) for i, request in enumerate(requests)]

    def _answer_batch(
        self,
        requests: Sequence[Request],
        batch: Sequence[int],
        known: Mapping[str, str],
        bar: "tqdm[Any]",
    ) -> dict[int, str | _Failure]:
        missing = [i for i in batch if requests[i].key not in known]
        if missing and self.backend.kind == "hf":
            missing = list(batch)  # One random state, one padding: all or none.
        asked = set(missing)
        answers: dict[int, str | _Failure] = {
            i: known[requests[i].key] for i in batch if i not in asked
        }
        bar.update(len(answers))
        if missing:
            new = self._generate([requests[i] for i in missing], bar)
            answers.update(zip(missing, new, strict=True))
            self._keep([requests[i] for i in missing], new)
        return answers

    def _keep(self, requests: Sequence[Request], answers: Sequence[str | _Failure]) -> None:
        good = {
            request.key: answer
            for request, answer in zip(requests, answers, strict=True)
            if isinstance(answer, str)
        }
        self._answered = self._answered or bool(good)
        if self.ledger and good:
            self.ledger.record(good)

    def _generate(self, requests: list[Request], bar: "tqdm[Any]") -> list[str | _Failure]:
        """Answer requests together; if that fails, one by one, to find those that fail."""
        finished: dict[str, str] = {}

        def note(key: str, response: str) -> None:
            finished[key] = response
            bar.update(1)
            if self.ledger:
                self.ledger.record({key: response})

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
        return list(answers)

    def _one_by_one(
        self, requests: list[Request], finished: Mapping[str, str], bar: "tqdm[Any]"
    ) -> list[str | _Failure]:
        left = [r for r in requests if r.key not in finished]
        answers: dict[str, str | _Failure] = dict(finished)
        self._unreachable = 0
        # The first one alone: a server that is down is found out by one request.
        answers.update({r.key: self._alone(r, bar) for r in left[:1]})
        with ThreadPoolExecutor(self.backend.workers) as pool:
            results = pool.map(lambda r: self._alone(r, bar), left[1:])
            answers.update(zip((r.key for r in left[1:]), results, strict=True))
        return [answers[r.key] for r in requests]

    def _alone(self, request: Request, bar: "tqdm[Any]") -> str | _Failure:
        if self._unreachable >= _GIVE_UP:
            bar.update(1)
            return _Failure(f"not asked: {_GIVE_UP} requests in a row could not be delivered")
        try:
            with self._random_state([request]):
                (answer,) = self.backend.generate(_instances([request]))
        except failures() as error:
            if not self._answered and not rejected(error):
                raise unreachable(error) from error
            self._unreachable += not rejected(error)
            _log.warning("A request failed and counts as unanswered: %s", one_line(error))
            return _Failure(one_line(error))
        finally:
            bar.update(1)
        self._unreachable = 0
        self._keep([request], [answer])
        return answer

    def _random_state(self, requests: Sequence[Request]) -> AbstractContextManager[None]:
        """Seed the batch's random state by its contents, where the backend has a global one."""
        if self.backend.kind != "hf" or not is_sampled(requests[0].settings):
            return nullcontext()
        return _torch_seed(seed_of([r.key for r in requests]))

    def _reply(self, request: Request, answer: str | _Failure) -> Reply:
        failed = answer.reason if isinstance(answer, _Failure) else None
        response = "" if isinstance(answer, _Failure) else writable(answer)
        fitted = request.fitted
        return Reply(
            response=response,
            prompt=request.text,
            prompt_tokens=fitted.tokens or 0,
            generated_tokens=self.backend.count(response) if response else 0,
            dropped=fitted.dropped,
            cut=fitted.cut,
            failed=failed,
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

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
