"""Runs untrusted programs in parallel, each in a sandbox of its own, and tests them from outside.

Three kinds of processes work together, all of them isolated. The *runner* runs one program and
replies to calls of its function. The *supervisor* starts and ends the runners. The *tester* runs
the tests, which call the function through a pipe. A program never shares a process with its tests,
so only right results can make a test pass.

Not covered are security holes of the kernel, and programs that need other files or packages than
the standard library.
"""

from ptr_eval.sandbox.choose import Sandbox, open_sandbox
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
