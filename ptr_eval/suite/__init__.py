"""Suites: models x instructions x tasks out of one file, each an ordinary run of lm-eval.

Every run is a process of its own with a folder of its own, `OUT/MODEL/INSTRUCTION/TASK`. What is
finished is skipped, a run that was cut short goes on from its model's ledger, and a run that
fails does not stop the others.
"""

from ptr_eval.suite.command_lines import Run
from ptr_eval.suite.completion import FinishedRun
from ptr_eval.suite.config import read_suite
from ptr_eval.suite.running import Report, run_suite, suite_lines

__all__ = ["FinishedRun", "Report", "Run", "read_suite", "run_suite", "suite_lines"]
