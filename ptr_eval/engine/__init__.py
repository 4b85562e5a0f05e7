"""The engine drives dialogues: it decides when to ask what, and remembers every reply.

loop.py        one loop for all dialogues
answerers.py   who answers: in batches, step by step, or one after another of two
ledger.py      every reply, on disk
"""

from ptr_eval.engine.answerers import (
    Answered,
    Answerer,
    EngineName,
    InBatches,
    InStep,
    PendingTurn,
    Relay,
)
from ptr_eval.engine.ledger import Ledger, request_key
from ptr_eval.engine.loop import hold

__all__ = [
    "Answered",
    "Answerer",
    "EngineName",
    "InBatches",
    "InStep",
    "Ledger",
    "PendingTurn",
    "Relay",
    "hold",
    "request_key",
]
