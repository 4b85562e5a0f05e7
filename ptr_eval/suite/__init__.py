"""Suites: one file lists models, instructions and tasks; each combination is a run of lm-eval.

Every run is a process of its own with a folder of its own, `OUT/MODEL/INSTRUCTION/TASK`. Finished
runs are skipped, unless what they depend on has changed or requests of theirs failed. A run that is
repeated, or was interrupted, takes what the ledger of its model has. A run that fails does not stop
the others.
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
