"""Thoughts by weak models, then answers by a strong one, shard by shard.

A text that is no good is left out. Its question goes on with the others: with fewer thoughts
shown, or fewer answers to choose from. That keeps hard questions, on which weak models fail most,
and is counted, so that the proportions reached can be told from those asked for. A question is
dropped only when no thought is left, since preference pairs need a draft to reject, or no answer.

What is written depends neither on the order of the questions nor, save for what the backend
`hf` draws in batches, on how they are divided into shards.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ptr_data.filters.outputs import Fault
from ptr_data.records import Candidate, Dropped, Generation, LeftOut, Query


@dataclass(frozen=True, slots=True)
class Written:
    """What a stage made of a shard."""

    candidates: tuple[Candidate, ...]
    """The questions that go on, in their order."""
    dropped: tuple[Dropped, ...]
    """Those that do not."""
    left_out: tuple[LeftOut, ...]
    """Every text that was left out, of either."""


@dataclass(frozen=True, slots=True)
class CheckedTexts:
    candidate: Candidate
    texts: Sequence[Generation]
    faults: Sequence[Fault | None]


def good_texts(
    texts: Sequence[Generation], faults: Sequence[Fault | None]
) -> tuple[Generation, ...]:
    return tuple(text for text, fault in zip(texts, faults, strict=True) if fault is None)


def collected(stage: str, verdicts: Iterable[CheckedTexts]) -> Written:
    candidates, dropped, left_out = [], [], []
    for verdict in verdicts:
        query, faults = verdict.candidate.query, verdict.faults
        left_out += [
            LeftOut(query.id, stage, text, *fault)
            for text, fault in zip(verdict.texts, faults, strict=True)
            if fault is not None
        ]
        if None in faults:
            candidates.append(verdict.candidate)
        else:
            dropped.append(_dropped(query, stage, [fault for fault in faults if fault]))
    return Written(tuple(candidates), tuple(dropped), tuple(left_out))


def _dropped(query: Query, stage: str, faults: Sequence[Fault]) -> Dropped:
    """Drop a question for the commonest fault of its texts, the first of those if it is a tie."""
    (reason, _), *_ = Counter(reason for reason, _ in faults).most_common(1)
    detail = next(detail for found, detail in faults if found == reason)
    return Dropped(query, stage, reason, detail)
