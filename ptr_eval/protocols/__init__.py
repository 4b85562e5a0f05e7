"""Ways to ask a model more than once: generators of turns.

sequential   ask, then ask to refine, round after round
parallel     ask for several candidates, then for one answer made of them
resample     ask again every round, without history (a control)
"""

from collections.abc import Mapping

from ptr_eval.protocols.base import (
    Dialogue,
    FinishReason,
    Order,
    Outcome,
    Protocol,
    ProtocolFactory,
    ProtocolOptions,
    Reply,
    Step,
    Turn,
    TurnKind,
)
from ptr_eval.protocols.parallel import Parallel, quoting
from ptr_eval.protocols.resample import Resample
from ptr_eval.protocols.sequential import Sequential

PROTOCOLS: Mapping[str, ProtocolFactory] = {
    "sequential": Sequential.of,
    "resample": Resample.of,
    "parallel": Parallel.of,
}
"""The shipped protocols by the names that `ptr_protocol` takes."""

__all__ = [
    "PROTOCOLS",
    "Dialogue",
    "FinishReason",
    "Order",
    "Outcome",
    "Parallel",
    "Protocol",
    "ProtocolFactory",
    "ProtocolOptions",
    "Reply",
    "Resample",
    "Sequential",
    "Step",
    "Turn",
    "TurnKind",
    "quoting",
]
