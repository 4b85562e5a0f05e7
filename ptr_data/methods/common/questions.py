"""The first stages: from sources to clean queries, none of them twice."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from ptr_data.files import written
from ptr_data.filters.cleaning import clean
from ptr_data.filters.decontamination import STAGE as DECONTAMINATION
from ptr_data.filters.decontamination import contamination
from ptr_data.filters.duplicates import mark_duplicates, signature
from ptr_data.filters.ngrams import NgramIndex
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.config import DataConfig
from ptr_data.methods.common.tools import Tools
from ptr_data.pipeline.shards import KEPT, passed, shard_name, write_shard
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, Question
from ptr_data.sources.questions import read_questions
from ptr_eval.errors import UserError

SIGNATURES = "signatures.jsonl"


def read(unit: Unit, config: DataConfig) -> StageStats:
    """Divide the sources' queries into shards."""
    notes: Counter[str] = Counter()
    shards = questions = 0
    source = read_questions(config.sources, notes)
    while part := list(islice(source, config.shard)):
        with written(unit.folder / f"{shard_name(shards)}.{KEPT}") as draft:
            questions += write_records(draft, part)
        shards += 1
    if not questions:
        raise UserError("sources: they hold no rows; name files that hold some.")
    return {"shards": shards, "rows": questions, "notes": dict(sorted(notes.items()))}


def clean_shard(unit: Unit, shard: Path, tools: Tools[DataConfig]) -> StageStats:
    """Clean a shard, and keep benchmark items out of it."""
    config, index = tools.config, tools.index()
    judged = [
        (question, unfit(question, config, index)) for question in read_records(shard, Question)
    ]
    kept = [question for question, dropped in judged if dropped is None]
    write_shard(unit, kept, [dropped for _, dropped in judged if dropped])
    with written(unit.file(SIGNATURES)) as draft:
        write_records(draft, ([q.id, signature(q, config.duplicates).hex()] for q in kept))
    unclean = [d for _, d in judged if d and d.stage == "clean"]
    tainted = [d for _, d in judged if d and d.stage != "clean"]
    clean_ = passed("clean", len(judged), unclean)
    return clean_ | passed(DECONTAMINATION, len(judged) - len(unclean), tainted)


def unfit(question: Question, config: DataConfig, index: NgramIndex | None) -> Dropped | None:
    """Judge a query by itself."""
    if fault := clean(question, config.cleaning):
        return Dropped(question, "clean", *fault)
    if index is not None and config.decontamination is not None:
        return contamination(question, index, config.decontamination)
    return None


def unique(unit: Unit, shards: list[Unit], config: DataConfig) -> StageStats:
    """Drop what repeats an earlier query, over all shards."""
    signatures = chain.from_iterable(read_records(s.file(SIGNATURES), list) for s in shards)
    marks = mark_duplicates(
        ((name, bytes.fromhex(digits)) for name, digits in signatures),
        unit.folder,
        config.duplicates,
    )
    given, reasons = 0, Counter[str]()
    for shard in shards:
        mine = Unit(unit.folder, shard.name, unit.fingerprint)
        kept, dropped = [], []
        # The queries come first: zip would otherwise take a mark of the next shard.
        for question, mark in zip(read_records(shard.file(KEPT), Question), marks, strict=False):
            given += 1
            if mark is None:
                kept.append(question)
            else:
                dropped.append(Dropped(question, "unique", *mark))
        write_shard(mine, kept, dropped)
        reasons.update(d.reason for d in dropped)
    dropped_in_all = sum(reasons.values())
    return {
        "unique": {
            "in": given,
            "out": given - dropped_in_all,
            "dropped": dict(sorted(reasons.items())),
        }
    }


def all_questions(shards: Iterable[Unit]) -> Iterator[Question]:
    """Read the queries of finished shards."""
    for shard in shards:
        yield from read_records(shard.file(KEPT), Question)
