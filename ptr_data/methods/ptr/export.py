"""The last stages: plain answers to mix in, and the finished files with their card."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from ptr_data.export.files import ExportSettings, export_dropped, export_rows
from ptr_data.export.manifest import write_manifest
from ptr_data.export.training_rows import TrainingRow
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
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.refinement_rows import SCORED, ScoredTexts
from ptr_data.methods.ptr.report import PtrReport, make_report, report_rows
from ptr_data.methods.ptr.threshold_examples import write_threshold_examples
from ptr_data.pipeline.runner import StageRunner
from ptr_data.pipeline.shards import DROPPED, KEPT
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, QuestionTexts

THRESHOLD_EXAMPLES = "consistency.md"


def finish(stages: StageRunner, tools: Tools[PtrConfig]) -> StageStats:
    """Write the finished data set."""
    config, out, units = tools.config, tools.config.out, stages.units
    remove_drafts(out)
    finished = [*units["rows"], *(units["sft"] if config.sft else [])]
    rows = chain.from_iterable(read_records(u.file(KEPT), TrainingRow) for u in finished)
    files = list(export_rows(rows, out, ExportSettings()))
    droppers = [
        *(unit for name in ("clean", "thoughts", "answers") for unit in units[name]),
        *stages.by_shard("unique"),
        *finished,
    ]
    dropped = chain.from_iterable(read_records(u.file(DROPPED), Dropped) for u in droppers)
    files.append(export_dropped(dropped, out))
    found = contamination_matches([*units["clean"], *units["rows"]])
    report = make_report(config, stages.stage_stats, found)
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
    return {"rows": report_rows(stages.stage_stats)}


def _consistency(report: PtrReport, rows: Sequence[Unit], out: Path) -> None:
    """Write out samples from both sides of the threshold."""
    distribution = report.consistency
    if distribution is None or distribution.threshold is None:
        return
    scored: Iterable[ScoredTexts] = chain.from_iterable(
        read_records(unit.file(SCORED), ScoredTexts) for unit in rows
    )
    pairs: Iterator[tuple[float, QuestionTexts]] = ((s.score, s.candidate) for s in scored)
    with written(out / THRESHOLD_EXAMPLES) as draft:
        write_threshold_examples(draft, pairs, distribution.threshold)
