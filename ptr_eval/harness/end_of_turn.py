"""The token that ends a turn in a model's chat template, where it is not its end-of-text token.

Base models that were tuned with a template end their answers with it, while their configuration
may name another token; they would write on to the token limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from ptr_eval.harness.backend import Kind
from ptr_eval.special_tokens import special_token_at_start

_MARK = "\ue000answer\ue001"


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    """The token that ends a turn."""

    text: str
    """Its text."""
    token: int
    """Its id."""


def stop_at_end_of_turn(
    settings: Mapping[str, Any], kind: Kind, end: EndOfTurn | None
) -> dict[str, Any]:
    """Add the end of turn to generation settings, in the form that a kind of backend takes."""
    if end is None or kind not in ("hf", "vllm"):
        return dict(settings)
    text, token = end.text, end.token
    if kind == "vllm":  # It leaves special tokens out of the text in which it looks.
        return {**settings, "stop_token_ids": [*settings.get("stop_token_ids", ()), token]}
    until = settings.get("until") or []
    return {**settings, "until": [*([until] if isinstance(until, str) else until), text]}


def find_end_of_turn(lm: Any) -> EndOfTurn | None:
    """Find what ends a turn; None if generation ends there anyway, or there is no template."""
    tokenizer: Any = getattr(lm, "tokenizer", None)
    if not getattr(tokenizer, "chat_template", None):
        return None
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _MARK}]
    try:
        whole = tokenizer.apply_chat_template(messages, tokenize=False)
    except (TemplateError, TypeError, ValueError):
        return None  # A template that takes no such dialogue is refused when it is used.
    after = str(whole).partition(_MARK)[2].lstrip()
    text = special_token_at_start(tokenizer, after)
    if text is None:
        return None
    token = tokenizer.convert_tokens_to_ids(text)
    return None if token in _known_ends(lm) else EndOfTurn(text, int(token))


def _known_ends(lm: Any) -> set[int]:
    model = getattr(lm, "model", None)
    known = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    listed = known if isinstance(known, list) else [known]
    return {token for token in (*listed, lm.tokenizer.eos_token_id) if token is not None}
