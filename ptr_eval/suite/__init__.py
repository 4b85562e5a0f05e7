"""Suites: one file lists models, instructions and tasks; each combination is a run of lm-eval.

Every run is a process of its own with a folder of its own, `OUT/MODEL/INSTRUCTION/TASK`. Finished
runs are skipped, an interrupted run goes on from the ledger of its model, and a run that fails does
not stop the others.
"""

from ptr_eval.suite.command_lines import SuiteRun
from ptr_eval.suite.completion import FinishedRun
from ptr_eval.suite.config import read_suite
from ptr_eval.suite.running import ReportWriter, run_suite, suite_command_lines

__all__ = [
    "FinishedRun",
    "ReportWriter",
    "SuiteRun",
    "read_suite",
    "run_suite",
    "suite_command_lines",
]
