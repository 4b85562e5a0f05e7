"""Reads a text out of a JSON object that a model wrote instead of the text alone."""

import ast
import json
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

_LONGEST = 20_000
_MOST_TRIED = 5
_FENCED = re.compile(r"`{3,}\w{0,10}\s(.*?)\s?`{3,}", re.DOTALL)
_OBJECT = re.compile(r"\{\s{0,20}[\"'][\w -]{1,40}[\"']\s{0,20}:")
_LAST_COMMA = re.compile(r",\s{0,20}([}\]])\Z")
_DECODER = json.JSONDecoder(strict=False)  # Models break lines inside strings.


def json_value(text: str, wanted: Callable[[str, str], bool]) -> str | None:
    """Return the last wanted text in a JSON value, if a text is one and nothing else.

    Args:
        text: What a model wrote.
        wanted: Whether a field, given by name and text, is looked for.

    Returns:
        The field's text; None if there is none.
    """
    text = text.strip()
    fenced = _FENCED.fullmatch(text) if text.startswith("```") else None
    text = fenced[1].strip() if fenced else text
    if not re.match(r"[{[\"]", text) or text[-1] not in '}]"' or len(text) > _LONGEST:
        return None
    return _last_wanted(_parse(_LAST_COMMA.sub(r"\1", text)), wanted)


def embedded_json_value(text: str, wanted: Callable[[str, str], bool]) -> str | None:
    """Return the last wanted field of the objects inside a text.

    Args:
        text: What a model wrote.
        wanted: Whether a field, given by name and text, is looked for.

    Returns:
        The field's text; None if there is none.
    """
    found = None
    for start in list(_OBJECT.finditer(text))[-_MOST_TRIED:]:
        try:
            value, _ = _DECODER.raw_decode(text[: start.start() + _LONGEST], start.start())
        except (ValueError, RecursionError):
            continue
        found = _last_wanted(value, wanted) or found
    return found


def _last_wanted(value: Any, wanted: Callable[[str, str], bool]) -> str | None:
    found = [text for name, text in _fields(value) if wanted(name, text)]
    return found[-1] if found else None


def _fields(value: Any, depth: int = 3) -> Iterator[tuple[str, str]]:
    """List the texts in a value with the names of their fields; elsewhere the name is empty."""
    if isinstance(value, str):
        value = {"": value}
    if isinstance(value, list):
        value = {str(place): inner for place, inner in enumerate(value)}
    for name, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, str):
            yield str(name), inner
        elif depth:
            yield from _fields(inner, depth - 1)


def _parse(text: str) -> Any:
    """Parse an object that is written as in JSON or as in Python."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return None
