"""What an answer looks like: some judges prefer headings, bold words and lists to plain text."""

import re

_HEADING = re.compile(r"^ {0,3}#{1,6} ", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")
_ENTRY = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]", re.MULTILINE)


def style(text: str) -> tuple[int, int, int]:
    """Count an answer's headings, bold passages and list entries."""
    headings, bold, entries = (len(kind.findall(text)) for kind in (_HEADING, _BOLD, _ENTRY))
    return headings, bold, entries
