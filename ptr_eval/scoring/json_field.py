"""Reads a text out of a JSON object that a model wrote instead of the text alone."""

import ast
import json
import re
import warnings
from collections.abc import Callable
from typing import Any

_LONGEST = 20_000
_FENCED = re.compile(r"`{3,}\w{0,10}\s(.*?)\s?`{3,}", re.DOTALL)


def json_value(text: str, wanted: Callable[[str], bool]) -> str | None:
    """Return the text of the last wanted field of an object, if the whole text is one.

    Strings may hold line breaks, and objects may be written as Python writes them, since models
    write both.

    Args:
        text: What a model wrote.
        wanted: Whether a field of this name is the text that is looked for.

    Returns:
        The field's value; None if there is none.
    """
    text = text.strip()
    fenced = _FENCED.fullmatch(text) if text.startswith("```") else None
    text = fenced[1].strip() if fenced else text
    if not (text.startswith("{") and text.endswith("}")) or len(text) > _LONGEST:
        return None
    value = _parse(text)
    if not isinstance(value, dict):
        return None
    found = [v for k, v in value.items() if isinstance(k, str) and isinstance(v, str) and wanted(k)]
    return found[-1] if found else None


def _parse(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return None
