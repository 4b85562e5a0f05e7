"""What of a question is code: to read, and not to open or to speak."""

import re

_BLOCK = re.compile(r"(```|~~~).*?(?:\1|\Z)|`[^`\n]{1,200}`", re.DOTALL)
_PAGE = re.compile(r"<!doctype\b|</?(?:html|head|body|div|p|svg|script)\b", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>")
# A text in quotes after a bracket, an equals sign or a quoted key, and an address in an element.
_QUOTED = re.compile(
    r"""(?:[=(]|["']\s{0,3}:)\s{0,3}(?:"[^"\n]{0,500}"|'[^'\n]{0,500}')"""
    r"|>\s{0,20}(?:https?|ftp)://[^<>\s]{1,500}\s{0,20}</"
)


def without_blocks(text: str) -> str:
    """Blank out what is set as code, in lines or within one."""
    return _BLOCK.sub(_blank, text) if "`" in text or "~~~" in text else text


def without_code(text: str) -> str:
    """Blank out code that is set as such, texts in quotes inside other code, and a page's tags.

    What is left stays where it was.
    """
    text = without_blocks(text)
    if _PAGE.search(text):
        text = _TAG.sub(_blank, text)
    return _QUOTED.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
