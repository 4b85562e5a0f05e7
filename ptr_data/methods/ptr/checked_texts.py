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

from ptr_data.files import written
from ptr_data.filters.outputs import Fault
from ptr_data.jsonl import write_records
from ptr_data.methods.ptr.records import LeftOutText, QuestionTexts
from ptr_data.pipeline.shards import passed, write_shard
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, GeneratedText, Question

LEFT_OUT = "left-out.jsonl"


@dataclass(frozen=True, slots=True)
class WrittenTexts:
    """What a stage made of a shard."""

    stage: str
    """The stage."""

    kept: tuple[QuestionTexts, ...]
    """The questions that go on, in their order."""
    dropped: tuple[Dropped, ...]
    """Those that do not."""
    left_out: tuple[LeftOutText, ...]
    """Every text that was left out, of either."""


@dataclass(frozen=True, slots=True)
class CheckedTexts:
    kept: QuestionTexts
    texts: Sequence[GeneratedText]
    faults: Sequence[Fault | None]


def good_texts(
    texts: Sequence[GeneratedText], faults: Sequence[Fault | None]
) -> tuple[GeneratedText, ...]:
    return tuple(text for text, fault in zip(texts, faults, strict=True) if fault is None)


def collected(stage: str, checked: Iterable[CheckedTexts]) -> WrittenTexts:
    kept, dropped, left_out = [], [], []
    for each in checked:
        question, faults = each.kept.query, each.faults
        left_out += [
            LeftOutText(question.id, stage, text, *fault)
            for text, fault in zip(each.texts, faults, strict=True)
            if fault is not None
        ]
        if None in faults:
            kept.append(each.kept)
        else:
            dropped.append(_dropped(question, stage, [fault for fault in faults if fault]))
    return WrittenTexts(stage, tuple(kept), tuple(dropped), tuple(left_out))


def store_texts(unit: Unit, made: WrittenTexts, given: int) -> StageStats:
    """Write what a stage made of a shard, and count it."""
    write_shard(unit, made.kept, made.dropped)
    with written(unit.file(LEFT_OUT)) as unfinished:
        write_records(unfinished, made.left_out)
    reasons = Counter(text.reason for text in made.left_out)
    return {
        **passed(made.stage, given, made.dropped),
        "texts left out": dict(sorted(reasons.items())),
    }


def _dropped(question: Question, stage: str, faults: Sequence[Fault]) -> Dropped:
    """Drop a question for the commonest fault of its texts, the first of those if it is a tie."""
    (reason, _), *_ = Counter(reason for reason, _ in faults).most_common(1)
    detail = next(detail for found, detail in faults if found == reason)
    return Dropped(question, stage, reason, detail)
