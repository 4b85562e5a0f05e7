"""Where log messages go.

Every module logs under its own name, with `logging.getLogger(__name__)`. A command shows warnings,
and with `--verbose` everything. Under lm-eval, which shows no other loggers than its own, messages
go where lm-eval's go. A program that uses the packages as a library decides for itself.
"""

import logging
import sys
import warnings
from typing import TextIO

PACKAGES = ("ptr_eval", "ptr_data", "ptr_train")
LM_EVAL = "lm_eval"


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what is `sys.stderr` at that moment."""

    def __init__(self, form: str) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(logging.Formatter(form))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _ToLmEval(logging.Handler):
    """Gives messages to lm-eval's logger, with its level and its handlers."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = logging.getLogger(LM_EVAL)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)


def log_to_stderr(*, verbose: bool) -> None:
    """Show warnings on stderr, as a command does; if verbose, all messages and lm-eval's too."""
    form = "%(levelname)s %(name)s: %(message)s" if verbose else "%(message)s"
    for name in (*PACKAGES, LM_EVAL):
        logger = logging.getLogger(name)
        logger.handlers = [h for h in logger.handlers if not isinstance(h, _Stderr | _ToLmEval)]
        logger.addHandler(_Stderr(form))
        logger.setLevel(logging.DEBUG if verbose and name != LM_EVAL else logging.WARNING)
    if verbose:
        logging.getLogger(LM_EVAL).setLevel(logging.INFO)
    else:
        _quiet_libraries()


def _quiet_libraries() -> None:
    """Keep back what libraries say of their own parts and their users cannot change.

    DeepSpeed tells every machine without a GPU that it has none; others tell what they will rename.
    """
    deepspeed = logging.getLogger("DeepSpeed")
    if _is_error not in deepspeed.filters:
        deepspeed.addFilter(_is_error)
    for kind in (DeprecationWarning, FutureWarning):
        warnings.filterwarnings("ignore", category=kind)


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def log_with_lm_eval() -> None:
    """Show messages where lm-eval shows its own, unless a command shows them already."""
    for name in PACKAGES:
        logger = logging.getLogger(name)
        if not any(isinstance(h, _Stderr | _ToLmEval) for h in logger.handlers):
            logger.addHandler(_ToLmEval())
            logger.setLevel(logging.DEBUG)  # lm-eval's level decides.
            logger.propagate = False  # As lm-eval's: no message twice.


def quiet_lm_eval() -> None:
    """Keep lm-eval to warnings inside a command of ours, unless that is verbose."""
    logger = logging.getLogger(PACKAGES[0])
    by_command = any(isinstance(handler, _Stderr) for handler in logger.handlers)
    if not (by_command and logger.isEnabledFor(logging.INFO)):
        logging.getLogger(LM_EVAL).setLevel(logging.WARNING)
