"""Untrusted names made fit for figures and for file names.

The names of runs and tasks may hold anything: markup, control characters, emoji that the font
lacks, or two hundred letters. What is drawn is short, printable and in the font.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable

from matplotlib.font_manager import findfont, get_font

RUN_NAME = 60
"""Characters of a run's name in titles and legends: enough for the factors it names."""

_MISSING = "□"


def readable(text: str, limit: int = 28) -> str:
    """Make a name fit to be drawn."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    marks = (c for c in line if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    shown = "".join(c if c.isprintable() and ord(c) in _glyphs() else _MISSING for c in marks)
    if len(shown) > limit:
        head = limit // 2
        shown = f"{shown[:head]}…{shown[len(shown) - (limit - head - 1) :]}"
    return shown or _MISSING


def short_names(names: Iterable[str], limit: int = 28) -> dict[str, str]:
    """Make names fit to be drawn side by side."""
    return _numbered({name: readable(name, limit) for name in names}, " ({})")


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Make names fit for files."""
    return _numbered({name: _slug(name) for name in names}, "-{}")


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "unnamed"


def _numbered(shown: dict[str, str], suffix: str) -> dict[str, str]:
    taken: set[str] = set()
    for name, text in shown.items():
        unique, number = text, 1
        while unique in taken:
            number += 1
            unique = text + suffix.format(number)
        taken.add(unique)
        shown[name] = unique
    return shown


@functools.cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())
