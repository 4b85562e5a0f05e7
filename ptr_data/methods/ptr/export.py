"""The last stages: plain answers to mix in, and the finished files with their card."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from ptr_data.export.files import ExportSettings, export_dropped, export_rows
from ptr_data.export.manifest import write_manifest
from ptr_data.export.training_rows import Row
from ptr_data.files import written
from ptr_data.jsonl import read_records
from ptr_data.methods.common.report import (
    contamination_matches,
    plain_settings,
    remove_drafts,
    versions,
)
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.ptr.card import write_card
from ptr_data.methods.ptr.config import BuildConfig
from ptr_data.methods.ptr.refinement_rows import SCORED, ScoredCandidate
from ptr_data.methods.ptr.report import BuildReport, make_report, report_rows
from ptr_data.methods.ptr.threshold_examples import write_both_sides
from ptr_data.pipeline.runner import Stages
from ptr_data.pipeline.shards import DROPPED, KEPT
from ptr_data.pipeline.units import Counts, Unit
from ptr_data.records import Candidate, Dropped

BOTH_SIDES = "consistency.md"


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
    report = make_report(config, stages.noted, found)
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
