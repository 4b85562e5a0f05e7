"""Chat templates that print the date: their prompts are others tomorrow."""

import logging
from typing import Any

from lm_eval.api.model import LM

_log = logging.getLogger(__name__)


def warn_of_date(lm: LM) -> None:
    """Warn if the model's chat template prints the date.

    Templates write it with `strftime_now`, a function of transformers. A variable of the same name
    hides the function, so whoever uses it renders something else then, or nothing.
    """
    if getattr(getattr(lm, "tokenizer", None), "apply_chat_template", None) is None:
        return
    as_it_is = _rendered(lm)
    if as_it_is is not None and _rendered(lm, strftime_now=lambda form: "hidden") != as_it_is:
        _log.warning(
            "The chat template prints today's date: tomorrow the prompts are others, and no reply "
            "is found in the ledger; fix the date where the template takes one, such as with "
            '--model_args \'{"pretrained": "MODEL", "chat_template_args": '
            '{"date_string": "26 Jul 2024"}}\'.'
        )


def _rendered(lm: LM, **variables: Any) -> str | None:
    given: dict[str, Any] = getattr(lm, "chat_template_args", None) or {}
    message = [{"role": "user", "content": "?"}]
    try:
        return str(lm.tokenizer.apply_chat_template(message, tokenize=False, **given, **variables))
    except Exception:  # noqa: BLE001 (A template may fail with anything; then the run says why.)
        return None
