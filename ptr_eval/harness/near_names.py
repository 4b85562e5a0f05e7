"""Names that are a setting's but for the prefix: they set nothing, so their user is warned."""

import logging
import os
from collections.abc import Iterable, Set
from functools import cache

_log = logging.getLogger(__name__)

# PTR_DATA is read; the tests find data that are not shipped through the others.
_VARIABLES = {"PTR_DATA", "PTR_GRADERS", "PTR_CASES"}
# lm-eval merges --model_args into the metadata of tasks, and backends have these arguments.
_BACKENDS_OWN = {"seed", "timeout"}


def warn_of_near_names(names: Iterable[str], known: Set[str], *, all_ours: bool = False) -> None:
    """Warn, once for each, of names that only lack the prefix of ours, and of such variables.

    Names that a backend's arguments have as well are passed over, unless all are meant for us.
    """
    for name in names:
        setting = _setting(name)
        if name.startswith("ptr_") or setting not in known:
            continue
        if all_ours or setting not in _BACKENDS_OWN:
            _warn(f"--metadata {name}: it sets nothing; the setting is called ptr_{setting}.")
    for name in sorted(os.environ):
        if name.startswith("PTR_") and name not in _VARIABLES:
            setting = _setting(name)
            remedy = "unset it"
            if setting in known:
                remedy = f"write --metadata ptr_{setting}={os.environ[name]}"
            _warn(f"The environment variable {name} sets nothing; {remedy}.")


def _setting(name: str) -> str:
    return name.lower().replace("-", "_").removeprefix("ptr_")


@cache
def _warn(sentence: str) -> None:
    _log.warning("%s", sentence)
