"""Reports: what rounds did, from the files that runs left behind."""

from ptr_eval.report.build import Report, write_report
from ptr_eval.report.config import ReportConfig
from ptr_eval.runs import RunEntry

__all__ = ["Report", "ReportConfig", "RunEntry", "write_report"]
