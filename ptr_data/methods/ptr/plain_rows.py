"""Plain answers mixed in against forgetting."""

from collections.abc import Iterator, Sequence

from ptr_data.export.mixing import mix, shortage
from ptr_data.export.tallies import (
    tally,
)
from ptr_data.export.training_rows import Row, split_of
from ptr_data.files import written
from ptr_data.filters.duplicates import mark_duplicates
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.questions import unfit
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.ptr.config import BuildConfig
from ptr_data.methods.ptr.rows import sft_row
from ptr_data.pipeline.shards import DROPPED, KEPT, passed
from ptr_data.pipeline.units import Counts, Unit
from ptr_data.records import Dropped, Query
from ptr_data.sources.questions import read_queries


def sft(unit: Unit, rows: Sequence[Counts], tools: Tools[BuildConfig]) -> Counts:
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
        ((query.id, b"") for query in read_records(fit, Query)),
        unit.folder,
        config.duplicates.model_copy(update={"near": False}),
    )
    once = unit.file("once.jsonl")
    with written(once) as draft:
        pairs = zip(read_records(fit, Query), copies, strict=True)
        write_records(draft, (query for query, copy in pairs if copy is None))
    rule = mix((q.id for q in read_records(once, Query)), refined, config.sft)
    chosen = (query for query in read_records(once, Query) if rule.keeps(query.id))
    with written(unit.file(KEPT)) as draft:
        kept = write_records(draft, (_sft_row(query, config) for query in chosen))
    with written(unit.file(DROPPED)) as draft:
        write_records(draft, dropped)
    return {
        **passed("sft", given, dropped),
        "kept": kept,
        "shortage": shortage(rule),
        "tally": tally(read_records(unit.file(KEPT), Row)),
    }


def _fit(tools: Tools[BuildConfig], dropped: list[Dropped]) -> Iterator[Query]:
    """Go through the queries with plain answers; those that are unfit are added to `dropped`."""
    config, index = tools.config, tools.index()
    for query in read_queries(config.sft.sources if config.sft else []):
        fault = unfit(query, config, index)
        if fault is None and not query.reference.strip():
            fault = Dropped(query, "sft", "no answer")
        if fault is None:
            yield query
        else:
            dropped.append(fault)


def _sft_row(query: Query, config: BuildConfig) -> Row:
    return sft_row(query, split_of(query.id, config.split.dev, config.split.seed))
