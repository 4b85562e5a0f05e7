"""What lm-eval's command line fails with, in a sentence with the remedy.

Only what the user can correct is put into words here; bugs keep their traceback.
"""

import argparse
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import TemplateError

from ptr_eval.catalog import entries
from ptr_eval.errors import UserError
from ptr_eval.extras import require_backend
from ptr_eval.harness.failures import one_line
from ptr_eval.harness.loading import not_loadable

_SAVING = "lm_eval.loggers.evaluation_tracker"


def explained(error: Exception, given: argparse.Namespace) -> UserError | None:
    """Put an error of lm-eval's into a sentence; None if it is a bug."""
    if isinstance(error, UserError):
        return error
    backend = given.model or "hf"
    passed = {frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)}
    if isinstance(error, ImportError):
        return _missing_package(error, backend)
    if passed & {"create_from_arg_obj", "create_from_arg_string"}:
        return not_loadable(f"--model {backend}", given.model_args or {}, error)
    message = str(error)
    if isinstance(error, TemplateError):
        return UserError(f"The model's chat template cannot be applied ({one_line(error)}).")
    if not isinstance(error, ValueError):
        return None
    if "confirm_run_unsafe_code" in message:
        return UserError(
            "This task runs code that a model wrote (in a sandbox); "
            "add --confirm_run_unsafe_code to agree."
        )
    if message.startswith("Tasks not found"):
        ours = ", ".join(entry.name for entry in entries())
        return UserError(f"{message}. Ours are: {ours}; `lm_eval ls tasks` lists lm-eval's.")
    if message.startswith("No tasks specified"):
        return UserError("No task is named; add --tasks, such as --tasks ptr_gsm8k.")
    if passed & {"from_cli", "get_model"}:
        return UserError(f"{message.splitlines()[0].rstrip('.')}; correct the arguments.")
    return None


def _missing_package(error: ImportError, backend: str) -> UserError | None:
    try:
        require_backend(f"`--model {backend}`", backend)
    except UserError as missing:
        return missing
    return None


def refuse_output_path(given: str | None) -> None:
    """Refuse a place that results cannot be saved to, before hours of running."""
    if not given:
        return
    folder = Path(given).parent if Path(given).suffix == ".json" else Path(given)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise UserError(
            f"--output_path {given}: {folder} is not a folder; name a folder, or a file that ends "
            "in .json."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(
            f"--output_path {given}: {folder} cannot be written to; name another folder."
        )


class _Complaints(logging.Handler):
    """Keeps what lm-eval says when it cannot save, and the reason that it says next."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if self.heard or record.getMessage().startswith("Could not save"):
            self.heard.append(record.getMessage())


@contextmanager
def saving_complaints() -> Iterator[list[str]]:
    """Collect what lm-eval only warns of when it cannot save."""
    complaints, logger = _Complaints(), logging.getLogger(_SAVING)
    logger.addHandler(complaints)
    try:
        yield complaints.heard
    finally:
        logger.removeHandler(complaints)
