"""A ledger of an earlier version: its replies get the names that they have now.

Dialogues are held once step by step, as those versions held them, answered out of the ledger alone.
"""

from contextlib import suppress
from dataclasses import dataclass

from ptr_eval.engine import Answerer, InBatches, Ledger, PendingTurn, hold
from ptr_eval.harness.replies import measured
from ptr_eval.harness.requests import Prompter
from ptr_eval.protocols import Dialogue, Reply

_UNKNOWN = Reply("", failure="not in the ledger")


class _NothingKnown(Exception):
    """Ends the look through a ledger: no step after this one can be in it."""


def recall(dialogues: list[Dialogue], answerer: Answerer) -> None:
    """Hold dialogues out of a ledger as far as it goes; its replies get their owners' names."""
    with suppress(_NothingKnown):
        hold(dialogues, answerer)


def from_ledger(prompter: Prompter, ledger: Ledger, *, owned: bool) -> Answerer:
    """Put the ledger in the place of a model whose replies have names with owners now, or not."""
    return InBatches(_FromLedger(prompter, ledger, owned))


@dataclass(frozen=True, slots=True)
class _FromLedger:
    """Answers steps from a ledger; what is not known counts as failed."""

    prompter: Prompter
    ledger: Ledger
    owned: bool

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
        replies = [known.get(name, _UNKNOWN) for name in found]
        return measured(self.prompter.backend, requests, replies)
