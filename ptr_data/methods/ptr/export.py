"""The last stages: plain answers to mix in, and the finished files with their card."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from ptr_data.export.card import write_card
from ptr_data.export.files import ExportSettings, export_dropped, export_rows
from ptr_data.export.manifest import write_manifest
from ptr_data.export.mixing import mix, shortage
from ptr_data.export.report import (
    BuildReport,
    ContaminationMatch,
    GateReport,
    MixReport,
)
from ptr_data.export.tallies import (
    answer_lengths,
    length_statistics,
    merged,
    tally,
    thought_numbers,
)
from ptr_data.export.training_rows import Row, sft_row, split_of
from ptr_data.filters.duplicates import mark_duplicates
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.questions import DROPPED, KEPT, passed, unfit
from ptr_data.methods.common.report import (
    common_limits,
    contamination_matches,
    licences,
    plain_settings,
    remove_drafts,
    versions,
    yields,
)
from ptr_data.methods.common.tools import Tools, origins
from ptr_data.methods.ptr.config import BuildConfig
from ptr_data.methods.ptr.distribution import ScoreDistribution
from ptr_data.methods.ptr.gate import stage as gate
from ptr_data.methods.ptr.stage_work import SCORED, ScoredCandidate
from ptr_data.methods.ptr.threshold_examples import write_both_sides
from ptr_data.pipeline.runner import Stages
from ptr_data.pipeline.units import Counts, Unit, written
from ptr_data.records import Candidate, Dropped, Query
from ptr_data.sources.questions import read_queries

BOTH_SIDES = "consistency.md"

_YIELDS = (
    ("clean", "clean"), ("clean", "decontamination"), ("unique", "unique"),
    ("thoughts", "thoughts"), ("answers", "answers"), ("rows", "rows"), ("sft", "sft"),
)  # fmt: skip


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


def finish(stages: Stages, tools: Tools[BuildConfig]) -> Counts:
    """Write the finished data set."""
    config, out, units = tools.config, tools.config.out, stages.units
    remove_drafts(out)
    finished = [*units["rows"], *(units["sft"] if config.sft else [])]
    rows = chain.from_iterable(read_records(u.file(KEPT), Row) for u in finished)
    files = list(export_rows(rows, out, ExportSettings()))
    droppers = [
        *(unit for name in ("clean", "thoughts", "answers") for unit in units[name]),
        *stages.by_shard("unique"),
        *finished,
    ]
    dropped = chain.from_iterable(read_records(u.file(DROPPED), Dropped) for u in droppers)
    files.append(export_dropped(dropped, out))
    found = contamination_matches([*units["clean"], *units["rows"]])
    report = _report(config, stages.noted, found)
    _consistency(report, units["rows"], out)
    write_card(out, report, files)
    write_manifest(
        out,
        report,
        files,
        settings=plain_settings(config),
        versions=versions(),
        fingerprints=stages.prints,
    )
    return {"rows": report_rows(stages.noted)}


def report_rows(noted: Mapping[str, Sequence[Counts]]) -> int:
    """Count the finished rows."""
    refined: int = sum(counts["rows"]["out"] for counts in noted["rows"])
    mixed_in: int = sum(counts.get("kept", 0) for counts in noted["sft"])
    return refined + mixed_in


def _report(
    config: BuildConfig,
    noted: Mapping[str, Sequence[Counts]],
    found: tuple[ContaminationMatch, ...],
) -> BuildReport:
    counts = merged([c["tally"] for c in [*noted["rows"], *noted["sft"]] if "tally" in c])
    how = origins(config)
    scores = Counter[str]()
    for shard in noted["rows"]:
        scores.update(shard["consistency"])
    ordered = {key: scores[key] for key in sorted(scores, key=int)}
    return BuildReport(
        name=config.name,
        languages=tuple(config.cleaning.languages),
        weak=tuple(how[name] for name in config.weak),
        strong=how[config.strong],
        sees_thoughts=config.answers.sees_thoughts,
        instruction=config.instruction,
        stages=tuple(yields(noted, _YIELDS)),
        benchmarks=tuple(config.decontamination.chosen()) if config.decontamination else (),
        contamination=found,
        gate=_gate(config, noted["gate"][0]),
        consistency=ScoreDistribution(config.consistency.threshold, ordered) if ordered else None,
        tokens=length_statistics(counts),
        thoughts=thought_numbers(counts, config.thoughts.proportions),
        lengths=answer_lengths(counts),
        mix=_mix(config, noted),
        licences=licences([*config.sources, *(config.sft.sources if config.sft else [])]),
        limits=tuple(_limits(config)),
    )


def _gate(config: BuildConfig, counts: Counts) -> GateReport:
    if config.gate is None or config.measure is None:
        return GateReport("", 0.0, skipped="the configuration asks for none")
    kind = config.measure.kind
    return GateReport(kind, config.gate.alpha, gate.revived_all(counts))


def _mix(config: BuildConfig, noted: Mapping[str, Sequence[Counts]]) -> MixReport | None:
    if config.sft is None:
        return None
    (counts,) = noted["sft"]
    refined = sum(c["rows"]["out"] for c in noted["rows"])
    return MixReport(config.sft.share, counts["kept"], refined, counts["shortage"])


def _limits(config: BuildConfig) -> Iterator[str]:
    yield "Answers were not checked for truth: they are a model's, filtered for agreement."
    yield from common_limits(config)
    if config.gate is None:
        yield "That the strong model is stronger was not tested."


def _consistency(report: BuildReport, rows: Sequence[Unit], out: Path) -> None:
    """Write out samples from both sides of the threshold."""
    distribution = report.consistency
    if distribution is None or distribution.threshold is None:
        return
    scored: Iterable[ScoredCandidate] = chain.from_iterable(
        read_records(unit.file(SCORED), ScoredCandidate) for unit in rows
    )
    pairs: Iterator[tuple[float, Candidate]] = ((s.score, s.candidate) for s in scored)
    with written(out / BOTH_SIDES) as draft:
        write_both_sides(draft, pairs, distribution.threshold)
