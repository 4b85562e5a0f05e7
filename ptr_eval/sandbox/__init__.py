"""Runs untrusted programs: one sandbox each, in parallel, judged from outside it.

A program never shares a process with its tests, so nothing it does can make a test pass except
answering correctly. What is not covered: a hole in the kernel, and programs that need other
files or packages than the standard library.
"""

from ptr_eval.sandbox.probe import Sandbox, open_sandbox
from ptr_eval.sandbox.program import Limits, Outcome, Program
from ptr_eval.sandbox.run import run_program, run_programs

__all__ = [
    "Limits",
    "Outcome",
    "Program",
    "Sandbox",
    "open_sandbox",
    "run_program",
    "run_programs",
]
