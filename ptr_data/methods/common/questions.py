"""The first stages: from sources to clean questions, none of them twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ptr_data.files import written
from ptr_data.filters.cleaning import CleaningSettings, clean
from ptr_data.filters.decontamination import STAGE as DECONTAMINATION
from ptr_data.filters.decontamination import DecontaminationSettings, contamination
from ptr_data.filters.duplicates import DuplicateSettings, Sketch, mark_duplicates, sketch
from ptr_data.filters.ngrams import NgramIndex, matches
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.tools import DataJob
from ptr_data.pipeline.shards import (
    KEPT,
    counted,
    dropping,
    passed,
    shard_name,
    write_shard,
)
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, Question
from ptr_data.sources.questions import SourceSettings, read_questions
from ptr_eval.errors import UserError

SIGNATURES = "signatures.jsonl"


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """What the shards depend on."""

    sources: Sequence[SourceSettings]
    shard: int


@dataclass(frozen=True, slots=True)
class CleanFacts:
    """What is clean depends on, and what duplicates are found by."""

    cleaning: CleaningSettings
    duplicates: DuplicateSettings
    benchmarks: DecontaminationSettings | None


@dataclass(frozen=True, slots=True)
class UniqueFacts:
    """What counts as a duplicate depends on."""

    duplicates: DuplicateSettings


def read(job: DataJob, facts: ReadFacts) -> StageStats:
    """Divide the sources' questions into shards."""
    notes: Counter[str] = Counter()
    shards = questions = 0
    with dropping(job.unit) as dropped:
        source = read_questions(facts.sources, notes, dropped.add)
        while part := list(islice(source, facts.shard)):
            with written(job.unit.folder / f"{shard_name(shards)}.{KEPT}") as unfinished:
                questions += write_records(unfinished, part)
            shards += 1
    if not questions:
        raise UserError("sources: they hold no rows; name files that hold some.")
    return {
        "shards": shards,
        "rows": questions,
        "notes": dict(sorted(notes.items())),
        **counted("read", questions + dropped.reasons.total(), dropped.reasons),
    }


def clean_shard(job: DataJob, facts: CleanFacts) -> StageStats:
    """Clean a shard, and keep benchmark items out of it."""
    index = job.tools.index(facts.benchmarks)
    judged = [
        (question, unfit(question, facts.cleaning, facts.benchmarks, index))
        for question in read_records(job.shard("read").file(KEPT), Question)
    ]
    kept = [question for question, dropped in judged if dropped is None]
    write_shard(job.unit, kept, [dropped for _, dropped in judged if dropped])
    with written(job.unit.file(SIGNATURES)) as unfinished:
        write_records(unfinished, map(_plain, (sketch(q, facts.duplicates) for q in kept)))
    unclean = [d for _, d in judged if d and d.stage == "clean"]
    tainted = [d for _, d in judged if d and d.stage != "clean"]
    clean_ = passed("clean", len(judged), unclean)
    return clean_ | passed(DECONTAMINATION, len(judged) - len(unclean), tainted)


def unfit(
    question: Question,
    cleaning: CleaningSettings,
    benchmarks: DecontaminationSettings | None,
    index: NgramIndex | None,
) -> Dropped | None:
    """Judge a question by itself."""
    if fault := clean(question, cleaning):
        return Dropped(question, "clean", *fault)
    if index is not None and benchmarks is not None:
        return contamination(question, index, benchmarks)
    return None


def unique(job: DataJob, facts: UniqueFacts) -> StageStats:
    """Drop what repeats an earlier question, over all shards."""
    unit, shards = job.unit, job.shards("clean")
    lines = chain.from_iterable(read_records(s.file(SIGNATURES), list) for s in shards)
    sketches = (Sketch(name, bytes.fromhex(digits), ref) for name, digits, ref in lines)
    marks = mark_duplicates(sketches, unit.folder, facts.duplicates)
    given, reasons = 0, Counter[str]()
    for shard in shards:
        mine = Unit(unit.folder, shard.name, unit.fingerprint)
        kept, dropped = [], []
        # The questions come first: zip would otherwise take a mark of the next shard.
        for question, mark in zip(read_records(shard.file(KEPT), Question), marks, strict=False):
            given += 1
            if mark is None:
                kept.append(question)
            else:
                dropped.append(Dropped(question, "unique", *mark))
        write_shard(mine, kept, dropped)
        reasons.update(d.reason for d in dropped)
    return counted("unique", given, reasons)


def _plain(sketch: Sketch) -> list[str]:
    return [sketch.id, sketch.signature.hex(), sketch.reference]


def unique_questions(job: DataJob) -> Iterator[Question]:
    """Read all questions that are left after `unique`."""
    for shard in job.shards("unique"):
        yield from read_records(shard.file(KEPT), Question)


def benchmark_text(
    question: Question, answer: str, stage: str, index: NgramIndex | None
) -> Dropped | None:
    """Look for benchmark items in an answer."""
    match = matches(answer, index) if index is not None else None
    if match is None:
        return None
    detail = f'{match.split} document {match.document}, in the answer: "{match.words}"'
    return Dropped(question, stage, f"holds text of {match.task}", detail)
