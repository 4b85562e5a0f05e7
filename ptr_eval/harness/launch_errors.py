"""What lm-eval's command line fails with, in a sentence with the remedy.

Only what the user can correct is put into words here; bugs keep their traceback.
"""

import argparse
import logging
import tempfile
import traceback
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from jinja2 import TemplateError
from lm_eval.api.registry import model_registry
from yaml import YAMLError

from ptr_eval.catalog import entries
from ptr_eval.errors import UserError
from ptr_eval.extras import require_backend
from ptr_eval.harness.failures import described
from ptr_eval.harness.lm_eval_errors import SAMPLES
from ptr_eval.harness.loading import not_loadable

_SAVING = "lm_eval.loggers.evaluation_tracker"


def explain(error: Exception, given: argparse.Namespace) -> str | None:
    """Put an error of lm-eval's into a sentence; None if it is a bug."""
    if isinstance(error, UserError):
        return str(error)
    backend = given.model or "hf"
    passed = {frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)}
    if isinstance(error, ImportError):
        return _missing_package(backend)
    if passed & {"create_from_arg_obj", "create_from_arg_string"}:
        return str(not_loadable(f"--model {backend}", given.model_args or {}, error))
    if "generate_until" in passed:
        return (
            f"--model {backend} could not generate ({described(error)}); check --gen_kwargs and "
            "--model_args, or add --verbose to see where."
        )
    if isinstance(error, TemplateError):
        return f"The model's chat template cannot be applied ({described(error)})."
    if isinstance(error, YAMLError):
        return f"A task's file is no valid YAML ({_flat(error)}); correct it."
    return _of_arguments(str(error), passed) if isinstance(error, ValueError) else None


def _of_arguments(message: str, passed: Set[str]) -> str | None:
    if "confirm_run_unsafe_code" in message:
        return (
            "This task runs code that a model wrote (in a sandbox); "
            "add --confirm_run_unsafe_code to agree."
        )
    if message.startswith("Tasks not found"):
        ours = ", ".join(entry.name for entry in entries())
        return f"{message}. Ours are: {ours}; `lm_eval ls tasks` lists lm-eval's."
    if message.startswith("No tasks specified"):
        return "No task is named; add --tasks, such as --tasks ptr_gsm8k."
    if "from_cli" in passed:
        return f"{message.splitlines()[0].rstrip('.')}; correct the arguments."
    return None


def _flat(error: Exception) -> str:
    return " ".join(str(error).split())


def _missing_package(backend: str) -> str | None:
    try:
        require_backend(f"`--model {backend}`", backend)
    except UserError as missing:
        return str(missing)
    return None


def refuse_impossible(given: argparse.Namespace) -> None:
    """Refuse what can only fail, before a model is loaded and hours of running."""
    if given.output_path:
        path = Path(given.output_path)
        folder = path.parent if path.suffix == ".json" else path
        _refuse_place(f"--output_path {path}", folder)
    if given.use_cache:
        _refuse_place(f"--use_cache {given.use_cache}", Path(given.use_cache).parent)
    backend = given.model or "hf"
    if backend not in model_registry:
        known = ", ".join(sorted(model_registry.keys()))
        raise UserError(f"--model {backend} is unknown; choose one of {known}.")
    if "chat-completions" in backend and not getattr(given, "apply_chat_template", False):
        raise UserError(f"--model {backend} takes messages alone; add --apply_chat_template.")
    if isinstance(given.samples, str) and not Path(given.samples).is_file():
        raise UserError(SAMPLES)


def _refuse_place(flag: str, folder: Path) -> None:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise UserError(f"{flag}: {folder} is not a folder; name another place.")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UserError(
            f"{flag}: {folder} cannot be written to ({error.strerror}); name another place."
        ) from error


class _Complaints(logging.Handler):
    """Keeps what lm-eval says when it cannot save, and the reason that it says next."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Could not save") or len(self.heard) == 1:
            self.heard.append(message)


@contextmanager
def saving_complaints() -> Iterator[list[str]]:
    """Collect what lm-eval only warns of when it cannot save."""
    complaints, logger = _Complaints(), logging.getLogger(_SAVING)
    logger.addHandler(complaints)
    try:
        yield complaints.heard
    finally:
        logger.removeHandler(complaints)
