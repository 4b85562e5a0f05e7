"""Chat templates that print the date: their prompts are others tomorrow."""

import logging
from typing import Any

from lm_eval.api.model import LM

_log = logging.getLogger(__name__)

_MARK = "ptr-eval's mark of a date"


def warn_of_date(lm: LM) -> None:
    """Warn if the model's chat template prints the date.

    Templates write it with `strftime_now`, a function of transformers. A variable of the same name
    hides it, so one rendering tells, whatever day it is.
    """
    template = getattr(lm, "tokenizer", None)
    render = getattr(template, "apply_chat_template", None)
    if render is None:
        return
    given: dict[str, Any] = getattr(lm, "chat_template_args", None) or {}
    message = [{"role": "user", "content": "?"}]
    try:
        shown = render(message, **{"tokenize": False, "strftime_now": lambda form: _MARK, **given})
    except Exception:  # noqa: BLE001 (Any template may fail here; the run will say why.)
        return
    if _MARK in str(shown):
        _log.warning(
            "The chat template prints today's date: tomorrow the prompts are others, and no reply "
            "is found in the ledger; fix the date where the template takes one, such as with "
            '--model_args \'{"pretrained": "MODEL", "chat_template_args": '
            '{"date_string": "26 Jul 2024"}}\'.'
        )
