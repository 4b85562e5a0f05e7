"""lm-eval's own forms, for use outside it: question templates and argument strings."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from lm_eval._cli.utils import MergeDictAction
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


def read_metadata(groups: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Read the values of `--metadata` as lm-eval does, each time it was given.

    lm-eval takes pairs, or one JSON object, of which nothing may follow.
    """
    found = argparse.Namespace(metadata=None)
    for items in groups:
        if items[0].lstrip().startswith("{") and len(items) > 1:
            raise UserError(
                f"--metadata: lm-eval ignores {' '.join(items[1:])} after a JSON object; put "
                "everything into the object."
            )
        try:
            _MERGE(_Parser(), found, items, "--metadata")
        except ValueError as error:
            raise UserError(_wrong(items, error)) from None
    return dict(found.metadata or {})


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


_MERGE: Any = MergeDictAction(["--metadata"], "metadata")


def _wrong(items: Sequence[str], error: ValueError) -> str:
    if "JSON" in str(error):
        return f"--metadata {' '.join(items)}: not JSON; quote names and texts with double quotes."
    comma = next((item for item in items if "," in item), None)
    if comma is None:
        wrong = next((item for item in items if "=" not in item), items[0])
        return f"--metadata {wrong}: write it as key=value."
    return (
        f"--metadata {comma}: lm-eval cuts values at commas; write a list with + "
        "(ptr_scorers=strict+upstream), and a text as JSON or in a file."
    )


def _pairs(text: str) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in text.split(",")] if text else []
