"""The last stage: the finished files with their card and manifest."""

from itertools import chain

from ptr_data.export.files import DERIVED
from ptr_data.files import written
from ptr_data.jsonl import read_records
from ptr_data.methods.common.export import ExportFacts, export_data, export_description
from ptr_data.methods.common.tools import DataJob
from ptr_data.methods.ptr.card import card, save_consistency_plot
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.records import ScoredTexts
from ptr_data.methods.ptr.refinement_rows import SCORED
from ptr_data.methods.ptr.report import PtrReport, make_report
from ptr_data.methods.ptr.threshold_examples import write_threshold_examples
from ptr_data.pipeline.units import StageStats

THRESHOLD_EXAMPLES = "consistency.md"


def finish(job: DataJob, facts: ExportFacts[PtrConfig]) -> StageStats:
    """Write the finished data set."""
    files = export_data(job, [*job.units("rows"), *job.units("sft")], DERIVED)
    report = make_report(job, facts.config)
    _save_threshold_examples(job, report)
    save_consistency_plot(job.tools.out, report)
    text = card(report, files)
    return {"rows": export_description(job, facts.config, report, text, files)}


def _save_threshold_examples(job: DataJob, report: PtrReport) -> None:
    """Write out samples from both sides of the threshold."""
    distribution = report.consistency
    if distribution is None or distribution.threshold is None:
        return
    scored = chain.from_iterable(
        read_records(unit.file(SCORED), ScoredTexts) for unit in job.units("rows")
    )
    with written(job.tools.out / THRESHOLD_EXAMPLES) as unfinished:
        pairs = ((each.score, each.candidate) for each in scored)
        write_threshold_examples(unfinished, pairs, distribution.threshold)
