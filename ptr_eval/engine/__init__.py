"""The engine drives dialogues: it decides when to ask what, and remembers every reply."""

from ptr_eval.engine.ledger import Ledger, request_key
from ptr_eval.engine.lockstep import PendingTurn, lockstep

__all__ = ["Ledger", "PendingTurn", "lockstep", "request_key"]
