"""lm-eval's own forms, for use outside it: question templates and argument strings."""

from collections.abc import Mapping
from typing import Any

from lm_eval.utils import apply_template, simple_parse_args_string

from ptr_eval.errors import UserError


def asked_question(template: str, doc: Mapping[str, Any]) -> str:
    """Word a question as a model was asked it, without system prompt and examples."""
    return str(doc[template] if template in doc else apply_template(template, dict(doc)))


def read_arguments(flag: str, text: str) -> dict[str, Any]:
    """Read arguments written as lm-eval's `--model_args` takes them."""
    if not all(name.strip() and equals for name, equals, _ in _pairs(text)):
        raise UserError(f"{flag} {text}: write it as key=value,key=value.")
    arguments: dict[str, Any] = simple_parse_args_string(text)
    return arguments


def _pairs(text: str) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in text.split(",")] if text else []
