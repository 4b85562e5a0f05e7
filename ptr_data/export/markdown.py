"""Markdown in which untrusted text stays text: no markup, no HTML, no formulas."""

import re
from collections.abc import Iterable, Sequence

from ptr_data.export.visible import on_one_line, shortened, visible

_MARK = re.compile(r"[\\`*_\[\]|~#:]|^[-+=]|(?<=www)\.", re.IGNORECASE)
_NUMBER = re.compile(r"^([0-9]+)([.)])(?= |$)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "@": "&#64;"}
_LONGEST = 300


def escaped(text: str, limit: int = _LONGEST) -> str:
    """Write untrusted text into a paragraph, a list or a cell."""
    line = shortened(on_one_line(text), limit)
    marked = _NUMBER.sub(r"\1\\\2", _MARK.sub(lambda mark: f"\\{mark[0]}", line))
    return "".join(_ENTITIES.get(c, c) for c in marked)


def block(text: str, limit: int) -> str:
    """Write untrusted text as a block that keeps its lines."""
    shown = shortened(visible(text), limit)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    rules = ["---:" if column.startswith(" ") else "---" for column in columns]
    lines = [[column.strip() for column in columns], rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(sentences: Iterable[str]) -> str:
    """Write a list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)
