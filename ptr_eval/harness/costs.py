"""What became of a task's requests, and what rounds cost beyond tokens: seconds, cached tokens.

Both costs differ between a resumed run and an uninterrupted one, so they go to the results
file and not to the samples.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import get_args

from ptr_eval.protocols import Outcome, Reply
from ptr_eval.runs import CACHED, SECONDS, Answer

_MEASURED: dict[str, Callable[[Reply], float | None]] = {
    SECONDS: lambda reply: reply.seconds,
    CACHED: lambda reply: reply.cached_tokens,
}


def costs_by_round(answers: Sequence[Answer]) -> dict[str, list[float]]:
    """Add up what all turns of a task's rounds took.

    What was not measured for every turn is left out.
    """
    turns = [turn for answer in answers for turn in answer.turns]
    rounds = max((turn.round for turn in turns), default=0)
    costs = {}
    for name, of in _MEASURED.items():
        values = [(turn.round, of(turn.reply)) for turn in turns]
        if values and all(value is not None for _, value in values):
            sums = [0.0] * rounds
            for round_, value in values:
                sums[round_ - 1] += value or 0.0
            costs[name] = [round(total, 6) for total in sums]
    return costs


def outcomes_by_round(answers: Sequence[Answer]) -> dict[str, list[int]]:
    """Count the outcomes of all turns of a task's rounds."""
    turns = [turn for answer in answers for turn in answer.turns]
    counts = Counter((turn.reply.outcome, turn.round) for turn in turns)
    rounds = range(1, max((turn.round for turn in turns), default=0) + 1)
    return {name: [counts[name, t] for t in rounds] for name in get_args(Outcome)}
