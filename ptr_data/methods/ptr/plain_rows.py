"""Plain answers mixed in against forgetting."""

from collections.abc import Iterator, Sequence

from ptr_data.export.mixing import mix, shortage
from ptr_data.export.tallies import (
    tally,
)
from ptr_data.export.training_rows import TrainingRow, split_of
from ptr_data.files import written
from ptr_data.filters.duplicates import mark_duplicates
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.questions import unfit
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.rows import sft_row
from ptr_data.pipeline.shards import DROPPED, KEPT, passed
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, Question
from ptr_data.sources.questions import read_questions


def sft(unit: Unit, rows: Sequence[StageStats], tools: Tools[PtrConfig]) -> StageStats:
    """Choose the plain answers to mix in."""
    config = tools.config
    if config.sft is None:
        return {}
    refined = sum(counts["rows"]["out"] for counts in rows)
    fit = unit.file("fit.jsonl")
    dropped: list[Dropped] = []
    with written(fit) as draft:
        given = write_records(draft, _fit(tools, dropped)) + len(dropped)
    copies = mark_duplicates(
        ((question.id, b"") for question in read_records(fit, Question)),
        unit.folder,
        config.duplicates.model_copy(update={"near": False}),
    )
    once = unit.file("once.jsonl")
    with written(once) as draft:
        pairs = zip(read_records(fit, Question), copies, strict=True)
        write_records(draft, (question for question, copy in pairs if copy is None))
    rule = mix((q.id for q in read_records(once, Question)), refined, config.sft)
    chosen = (question for question in read_records(once, Question) if rule.keeps(question.id))
    with written(unit.file(KEPT)) as draft:
        kept = write_records(draft, (_sft_row(question, config) for question in chosen))
    with written(unit.file(DROPPED)) as draft:
        write_records(draft, dropped)
    return {
        **passed("sft", given, dropped),
        "kept": kept,
        "shortage": shortage(rule),
        "tally": tally(read_records(unit.file(KEPT), TrainingRow)),
    }


def _fit(tools: Tools[PtrConfig], dropped: list[Dropped]) -> Iterator[Question]:
    """Go through the queries with plain answers; those that are unfit are added to `dropped`."""
    config, index = tools.config, tools.index()
    for question in read_questions(config.sft.sources if config.sft else []):
        fault = unfit(question, config, index)
        if fault is None and not question.reference.strip():
            fault = Dropped(question, "sft", "no answer")
        if fault is None:
            yield question
        else:
            dropped.append(fault)


def _sft_row(question: Question, config: PtrConfig) -> TrainingRow:
    return sft_row(question, split_of(question.id, config.split.dev, config.split.seed))
