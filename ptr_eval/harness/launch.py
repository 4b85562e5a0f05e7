"""`ptr-eval run`: lm-eval's own command line, with our tasks already on its path."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import fields

from ptr_eval.errors import UserError
from ptr_eval.log import log_with_lm_eval

FAILED_REQUESTS = 3
"""The exit status of a run that saved its results, but part of whose requests failed."""

_log = logging.getLogger(__name__)


def run(arguments: Sequence[str]) -> None:
    """Run lm-eval; it exits with a sentence after an error, and with 3 if requests failed."""
    from lm_eval.utils import setup_logging

    from ptr_eval.harness.command_line import read_command_line
    from ptr_eval.harness.dry_run import dry_run
    from ptr_eval.harness.launch_errors import refuse_impossible
    from ptr_eval.harness.near_names import warn_of_near_names
    from ptr_eval.harness.settings import TaskSettings

    given = read_command_line(arguments)
    if vars(given).pop("verbose"):
        os.environ.setdefault("LMEVAL_LOG_LEVEL", "DEBUG")
    setup_logging()
    log_with_lm_eval()
    known = {field.name for field in fields(TaskSettings)}
    warn_of_near_names(given.metadata, known, all_ours=True)
    # Now: lm-eval builds tasks, which read them, only after it has loaded the model.
    TaskSettings.from_metadata(given.metadata)
    refuse_impossible(given)
    if vars(given).pop("dry_run"):
        sys.stdout.write(f"{dry_run(given)}\n")
        return
    _evaluate(given)


def _evaluate(given: argparse.Namespace) -> None:
    """Run lm-eval, and let go of its model."""
    from ptr_eval.harness.failed_requests import count_requests
    from ptr_eval.harness.launch_errors import explain, saving_complaints
    from ptr_eval.harness.lm_eval_errors import explained
    from ptr_eval.harness.loading import free_memory

    sentence = None
    with count_requests() as count, saving_complaints() as complaints:
        try:
            with explained():
                given.func(given)
        except Exception as error:
            sentence = explain(error, given)
            if sentence is None:
                raise
            _log.debug("lm-eval ended with an error", exc_info=True)
    # An engine in a process of its own is ended by its model's finalizer. Only now that no error
    # holds the model any more can it run; the interpreter itself would first wait for the engine.
    free_memory()
    if sentence is not None:
        raise UserError(sentence)
    if complaints:
        raise UserError(
            f"--output_path {given.output_path}: not everything could be saved "
            f"({', '.join(complaints[:2])}); make room, or name another folder, and repeat the run."
        )
    if count.failed:
        sys.stderr.write(f"{count}\n")
        raise SystemExit(FAILED_REQUESTS)
