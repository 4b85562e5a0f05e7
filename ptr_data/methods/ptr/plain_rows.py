"""Plain answers mixed in against forgetting."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ptr_data.export.mixing import mix, shortage
from ptr_data.export.tallies import tally
from ptr_data.export.training_rows import TrainingRow, split_of
from ptr_data.files import written
from ptr_data.filters.cleaning import CleaningSettings
from ptr_data.filters.decontamination import DecontaminationSettings
from ptr_data.filters.duplicates import DuplicateSettings, Sketch, mark_duplicates
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.config import SplitSettings
from ptr_data.methods.common.questions import unfit
from ptr_data.methods.common.tools import DataJob
from ptr_data.methods.ptr.config import SftSettings
from ptr_data.methods.ptr.rows import sft_row
from ptr_data.pipeline.shards import DROPPED, KEPT, passed
from ptr_data.pipeline.units import StageStats
from ptr_data.records import Dropped, Question
from ptr_data.sources.questions import SourceSettings, read_questions


@dataclass(frozen=True, slots=True)
class SftFacts:
    """What the plain answers depend on."""

    sft: SftSettings | None
    sources: Sequence[SourceSettings] | None
    cleaning: CleaningSettings
    benchmarks: DecontaminationSettings | None
    split: SplitSettings


def sft(job: DataJob, facts: SftFacts) -> StageStats:
    """Choose the plain answers to mix in."""
    if facts.sft is None:
        raise ValueError("there is nothing to mix in")
    unit, split = job.unit, facts.split
    refined = sum(stats["rows"]["out"] for stats in job.stats("rows"))
    fit = unit.file("fit.jsonl")
    dropped: list[Dropped] = []
    with written(fit) as unfinished:
        given = write_records(unfinished, _fit(job, facts, dropped)) + len(dropped)
    copies = mark_duplicates(
        (Sketch(question.id) for question in read_records(fit, Question)),
        unit.folder,
        DuplicateSettings(near=False),
    )
    once = unit.file("once.jsonl")
    with written(once) as unfinished:
        pairs = zip(read_records(fit, Question), copies, strict=True)
        write_records(unfinished, (question for question, copy in pairs if copy is None))
    rule = mix((question.id for question in read_records(once, Question)), refined, facts.sft)
    rows = (
        sft_row(question, split_of(question.id, split.dev, split.seed))
        for question in read_records(once, Question)
        if rule.keeps(question.id)
    )
    with written(unit.file(KEPT)) as unfinished:
        kept = write_records(unfinished, rows)
    with written(unit.file(DROPPED)) as unfinished:
        write_records(unfinished, dropped)
    return {
        **passed("sft", given, dropped),
        "kept": kept,
        "shortage": shortage(rule),
        "tally": tally(read_records(unit.file(KEPT), TrainingRow)),
    }


def _fit(job: DataJob, facts: SftFacts, dropped: list[Dropped]) -> Iterator[Question]:
    """Go through the questions with plain answers; unfit ones are added to `dropped`."""
    index = job.tools.index(facts.benchmarks)
    for question in read_questions(facts.sources or [], drop=dropped.append):
        fault = unfit(question, facts.cleaning, facts.benchmarks, index)
        if fault is None and not question.reference.strip():
            fault = Dropped(question, "sft", "no answer")
        if fault is None:
            yield question
        else:
            dropped.append(fault)
