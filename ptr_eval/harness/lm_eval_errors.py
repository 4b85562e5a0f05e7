"""What lm-eval's errors mean to whoever gave the flags: one sentence, told by where they began."""

import importlib.util
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.harness.failures import described

SAMPLES = "--samples: write JSON, such as '{\"ptr_gsm8k\": [0, 3]}', or name a file that holds it."

_Told = Callable[[Exception], str]


@contextmanager
def explained() -> Iterator[None]:
    """Say in a sentence what is wrong where lm-eval has a traceback; others pass as they are."""
    try:
        yield
    except Exception as error:
        if isinstance(error, UserError) or (told := _explain(error)) is None:
            raise
        raise told from error


def _explain(error: Exception) -> UserError | None:
    for frame in traceback.extract_tb(error.__traceback__):
        place = f"{Path(frame.filename).name}:{frame.name}"
        if told := _BY_PLACE.get(place):
            return UserError(told(error))
    told = next((told for mark, told in _BY_WORDS.items() if mark in str(error)), None)
    return UserError(told(error)) if told else None


def _logger(flag: str, package: str) -> _Told:
    def told(error: Exception) -> str:
        if importlib.util.find_spec(package) is None:
            return f"{flag} needs {package}; install it with pip install {package}."
        return f"{flag}: {package} cannot be used ({described(error)}); check its arguments."

    return told


def _setting(error: Exception) -> str:
    return f"{_said(error).rstrip('.')} (lm-eval refuses these settings)."


def _said(error: Exception) -> str:
    return " ".join(str(error).split())


def _unknown_for_the_hub(error: Exception) -> str:
    from lm_eval.loggers import EvaluationTracker  # Takes a second, and is needed here alone.

    known = ", ".join(signature(EvaluationTracker).parameters)
    return f"--hf_hub_log_args: {_said(error).split()[-1]} is unknown; it takes {known}."


_BY_PLACE: dict[str, _Told] = {
    "wandb_logger.py:__init__": _logger("--wandb_args", "wandb"),
    "trackio_logger.py:__init__": _logger("--trackio_args", "trackio"),
    "evaluation_tracker.py:__init__": lambda error: f"--hf_hub_log_args: {_said(error)}",
    "evaluation_tracker.py:recreate_metadata_card": lambda error: (
        f"--hf_hub_log_args: the hub's card could not be written ({described(error)}); "
        "results and samples are saved under --output_path."
    ),
    "evaluator_utils.py:find_test_root": lambda error: (
        "--check_integrity runs tests of lm-eval that its package does not contain; leave it out."
    ),
    "evaluator_utils.py:get_sample_size": lambda error: (
        f"--limit must be a number of documents or a share of them ({described(error)})."
    ),
    "evaluate_config.py:_validate_arguments": _setting,
    "evaluate_config.py:_normalize_seed": _setting,
    "evaluate_config.py:load_yaml_config": _setting,
}
"""By file and function of lm-eval through which the error came."""

_BY_WORDS: dict[str, _Told] = {
    "EvaluationTracker.__init__() got an unexpected": _unknown_for_the_hub,
    "'str' object has no attribute 'keys'": lambda error: SAMPLES,
}
"""By what the error says, where the place says nothing."""
