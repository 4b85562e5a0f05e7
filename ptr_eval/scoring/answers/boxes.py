r"""Finds boxed values, `\boxed{...}`, `\fbox{...}`."""

import re

_BOX = re.compile(r"(?:\\|\x08)(?:f|frame)?box(?:ed)?\s{0,3}(?:\{|(?=[0-9A-Za-z\\]))|\x08oxed\{")
_BARE = re.compile(r"[^\s$.,;]{1,200}")


def find_boxes(text: str) -> tuple[tuple[int, int], ...]:
    """List start and end of the content of each outermost box."""
    opens = list(_BOX.finditer(text))
    closed_by = _closing_braces(text) if opens else {}
    found: list[tuple[int, int]] = []
    for match in opens:
        if found and match.start() < found[-1][1]:
            continue
        if match[0][-1] == "{":
            end = closed_by.get(match.end() - 1)
        else:
            bare = _BARE.match(text, match.end())
            end = bare.end() if bare else None
        if end is not None:
            found.append((match.end(), end))
    return tuple(found)


def _closing_braces(text: str) -> dict[int, int]:
    """Pair the unescaped braces: opening position to closing position."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if brace[0] == "{":
            stack.append(brace.start())
        elif brace[0] == "}" and stack:
            pairs[stack.pop()] = brace.start()
    return pairs
