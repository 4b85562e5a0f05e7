"""Make untrusted text safe to print: show characters that would act on a terminal or a page."""

import unicodedata

_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji are written with these.


def visible(text: str, keep: str = "\n\t") -> str:
    """Show control and format characters instead of obeying them."""
    return "".join(c if c in keep or _harmless(c) else _picture(c) for c in text)


def on_one_line(text: str) -> str:
    """Show a text on one line."""
    return visible(" ".join(text.split()), keep="")


def shortened(text: str, limit: int) -> str:
    """Cut a long text off, and say how much is missing."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()}… ({len(text) - limit:,} more characters)"


def _harmless(character: str) -> bool:
    if " " <= character <= "~" or character in _JOINERS:
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"[U+{code:04X}]"
