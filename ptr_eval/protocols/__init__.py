"""Ways to ask a model more than once."""

from ptr_eval.protocols.base import Dialogue, Protocol, Reply
from ptr_eval.protocols.parallel import Order, Parallel, quoting
from ptr_eval.protocols.resample import Resample
from ptr_eval.protocols.sequential import Sequential

__all__ = [
    "Dialogue",
    "Order",
    "Parallel",
    "Protocol",
    "Reply",
    "Resample",
    "Sequential",
    "quoting",
]
