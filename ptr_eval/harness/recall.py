"""A ledger of an earlier version: its replies get the names that they have now.

Those versions asked all dialogues step by step, and numbered equal prompts of a step. So dialogues
are held once in that way, answered out of the ledger alone, which finds what those versions would
have found, whatever the order in which requests are asked from then on.
"""

from contextlib import suppress
from dataclasses import dataclass

from ptr_eval.engine import Answerer, InBatches, InStep, Ledger, PendingTurn, Relay, hold
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.generate import BatchAnswerer
from ptr_eval.harness.replies import measured
from ptr_eval.harness.requests import Prompter
from ptr_eval.harness.stream import StreamAnswerer
from ptr_eval.protocols import Dialogue, Reply

_UNKNOWN = Reply("", failure="not in the ledger")


class _NothingKnown(Exception):
    """Ends the look through a ledger: no step after this one can be in it."""


def recall(dialogues: list[Dialogue], answerer: Answerer, ledger: Ledger) -> None:
    """Give what is in the ledger under a name without an owner to the dialogue that asked it."""
    if _streams(answerer) and ledger.has_unowned():
        with suppress(_NothingKnown):
            hold(dialogues, _from_ledger(answerer, ledger))


def _streams(answerer: Answerer) -> bool:
    if isinstance(answerer, Relay):
        return _streams(answerer.first) or _streams(answerer.later)
    if isinstance(answerer, InStep):
        return _streams(answerer.answerer)
    return isinstance(answerer, StreamAnswerer)


def _from_ledger(answerer: Answerer, ledger: Ledger) -> Answerer:
    """Put the ledger in the place of models."""
    match answerer:
        case Relay(first=first, later=later):
            return Relay(_from_ledger(first, ledger), _from_ledger(later, ledger))
        case InStep(answerer=inner):
            return _from_ledger(inner, ledger)
        case StreamAnswerer(backend=backend, prompter=prompter):
            return InBatches(_Known(backend, prompter, ledger, owned=True))
        case InBatches(answer=BatchAnswerer(backend=backend, prompter=prompter)):
            return InBatches(_Known(backend, prompter, ledger, owned=False))
    return answerer  # A saved first round.


@dataclass(frozen=True, slots=True)
class _Known:
    """Answers steps from a ledger; what is not known counts as failed."""

    backend: Backend
    prompter: Prompter
    ledger: Ledger
    owned: bool
    """Whether its replies have names with owners now."""

    def __call__(self, pending: list[PendingTurn]) -> list[Reply]:
        requests, _ = self.prompter.prepare(pending)
        unowned = [request.key for request in requests]
        pairs = zip(pending, requests, strict=True)
        names = [self.prompter.own_key(*pair) for pair in pairs] if self.owned else unowned
        known = self.ledger.find([*names, *unowned])
        if not known:
            raise _NothingKnown
        found = [
            name if name in known else before for name, before in zip(names, unowned, strict=True)
        ]
        moved = zip(found, names, strict=True)
        self.ledger.rename({old: new for old, new in moved if old in known and old != new})
        return [
            measured(self.backend, request, known.get(name, _UNKNOWN))
            for request, name in zip(requests, found, strict=True)
        ]
