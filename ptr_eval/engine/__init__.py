"""Engines run protocols: they decide when to ask what, and remember what was answered."""

from ptr_eval.engine.ledger import Generation, Ledger, request_key
from ptr_eval.engine.lockstep import Ask, lockstep

__all__ = ["Ask", "Generation", "Ledger", "lockstep", "request_key"]
