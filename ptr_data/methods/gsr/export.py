"""The last stage: the finished files with their card and manifest."""

from ptr_data.export.training_rows import prompt_completion_row
from ptr_data.methods.common.export import ExportFacts, export_data, export_description
from ptr_data.methods.common.tools import DataJob
from ptr_data.methods.gsr.card import card
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.report import make_report
from ptr_data.methods.gsr.rows import without_candidates
from ptr_data.pipeline.units import StageStats


def finish(job: DataJob, facts: ExportFacts[GsrConfig]) -> StageStats:
    """Write the finished data set."""
    config, wording = facts.config, facts.config.prompt.question
    files = export_data(
        job,
        [*job.units("refine"), *job.units("direct")],
        {
            "data": lambda row: row,
            "prompt_completion": prompt_completion_row,
            "ift": lambda row: without_candidates(row, wording),
        },
    )
    report = make_report(job, config)
    return {"rows": export_description(job, config, report, card(report, files), files)}
