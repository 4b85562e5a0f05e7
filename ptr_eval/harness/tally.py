"""Counting what became of a run's requests, and ending a run that is not worth going on with."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.request import getproxies

from ptr_eval.errors import UserError
from ptr_eval.servers import Rejection

GIVE_UP = 20
"""So many requests in a row fail for the same reason before the rest is not asked: the rest of a
step where answers come in batches, else the rest of the run."""
_SURE = 3
"""So many requests fail for the same reason before a run ends in which nothing was answered."""
_ENOUGH = 20
"""A share of failed requests says something from so many requests on."""

EndsRun = Callable[[Rejection, bool, int], bool]
"""Whether a failure ends the run: what happened, whether anything was answered before, and how many
requests in a row failed for the same reason."""


def hopeless(rejection: Rejection, answered: bool, in_a_row: int) -> bool:
    """End a run in which nothing was answered, or nothing is any more, once that is clear."""
    if rejection.lost:
        return True
    if answered:
        return False
    return not rejection.by_server or rejection.undelivered or in_a_row >= _SURE


@dataclass(slots=True)
class Tally:
    """What became of a run's requests; safe to use from threads."""

    expected: int
    """How many requests the run has, at least."""
    max_failed: float | None = None
    """The share of failed requests above which the run ends; None for no end."""
    ends_run: EndsRun = hopeless
    """Which failures end the run."""
    where: str = "the model"
    """What is asked, for messages."""
    answered: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)
    _last: str = field(default="", init=False)
    _in_a_row: Counter[str] = field(default_factory=Counter, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def count_answer(self) -> None:
        """Count a request that was answered, or of which it is known that it was before."""
        with self._lock:
            self.answered += 1
            self._in_a_row.clear()
            self._check_share()

    def count_failure(self, rejection: Rejection) -> None:
        """Count a request that failed; raises a UserError if it ends the run."""
        with self._lock:
            self.failed += 1
            same = 0
            if rejection.by_server:
                self._in_a_row[_reason(rejection)] += 1
                same = self._in_a_row[_reason(rejection)]
                if not self.answered and self.failed >= self.expected:
                    same = GIVE_UP  # Those were all.
            if self.ends_run(rejection, self.answered > 0, same):
                raise UserError(self._ended(rejection))
            self._last = rejection.words
            self._check_share()

    def _check_share(self) -> None:
        requests = self.failed + self.answered
        if self.max_failed is None or requests < min(_ENOUGH, self.expected):
            return
        if self.failed > self.max_failed * requests:
            raise UserError(
                f"{self.failed} of {requests} requests failed, more than "
                f"ptr_max_failed={self.max_failed:g}; the last: {self._last}. Earlier answers are "
                "in the ledger, if one is kept."
            )

    def gives_up(self) -> bool:
        """Whether so many requests in a row failed for one reason that no more should be sent."""
        return any(count >= GIVE_UP for count in self._in_a_row.values())

    def begin_step(self) -> None:
        """Let a new step try again."""
        self._in_a_row.clear()

    def _ended(self, rejection: Rejection) -> str:
        if self.answered:
            kept = "earlier answers are in the ledger, if one is kept"
        else:
            kept = "nothing was answered"
        if rejection.undelivered:
            unreached = f"{self.where} cannot be reached ({rejection.words}); {kept}."
            return f"{unreached} {_remedy_unreached(rejection.words)}"
        return f"{self.where} refused: {rejection.words}; {kept}. {_remedy(rejection.status)}"


def _reason(rejection: Rejection) -> str:
    """What is the same about failures that have the same cause."""
    return "undelivered" if rejection.undelivered else f"{rejection.status} {rejection.words[:80]}"


def _remedy_unreached(words: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return "Name the file of its certificate: ca_cert_path=FILE in --model_args."
    if getproxies():
        return "Check base_url, the proxy (HTTP_PROXY, NO_PROXY), and that the server is running."
    return "Check base_url, and that the server is running."


def _remedy(status: int | None) -> str:
    if status in (401, 403):
        return "Check the key (OPENAI_API_KEY, or the one that the backend needs)."
    if status in (402, 429):
        return "Check the account's limits and credit, or ask less at once (num_concurrent)."
    if status == 404:
        return "Check `model` and `base_url` in --model_args."
    if status in (400, 413, 422):
        return "The server takes no such request; change --gen_kwargs or --model_args."
    if status == 200:
        return "Check base_url, and look at the server's log."
    return "Look at the server's log."
