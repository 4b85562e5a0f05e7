"""Removes what is around a whole text: emphasis, quotes, a bullet, a count of its words."""

import re

_WORD_COUNT = re.compile(
    r"[(\[*_]{1,3}(?:word count: ?)?\d+ words?\.?[)\]*_]{1,3}\Z", re.IGNORECASE
)
_BLOCK_QUOTE = re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE)
_FENCE = re.compile(r"\A`{3,}\w{0,10}\n|\n`{3,}\Z")
_BULLET = re.compile("(?:[-+*]|1[.)]|[•→-⇿☀-➿⬀-⯿\ufe0f\U0001f300-\U0001faff]+)\\s+(?=\\S)")
_LATEX = re.compile(r"\\(?:boxed|text|textbf)\{(.*)\}", re.DOTALL)
_EMPHASIS = ("**", "__", "*", "_", "`")
_QUOTES = {
    '"': '"',
    "“": "”",
    "«": "»",
    "„": "“",
    "'": "'",
    "\u2018": "\u2019",
}
_FIRST_PERSON = re.compile(r".(?:I|We|My|Our)\b")


def without_wrapping(text: str, framed: bool) -> str:
    """Remove what is around a text, however often it is wrapped; the text is never emptied.

    Args:
        text: The text.
        framed: Whether it is only a part of what was written. If not, a quotation in the first
            person keeps its quotes, since the summary may be one.

    Returns:
        The text within.
    """
    for _ in range(4):
        inner = _without_one_wrapping(text, framed)
        if inner == text or not any(map(str.isalnum, inner)):
            break
        text = inner
    return text


def _without_one_wrapping(text: str, framed: bool) -> str:
    text = _WORD_COUNT.sub("", text.strip()).strip()
    text = _FENCE.sub("", text)
    if text.startswith(">"):
        text = _BLOCK_QUOTE.sub("", text)
    if "\n" not in text and (bullet := _BULLET.match(text)):
        text = text[bullet.end() :]
    if latex := _LATEX.fullmatch(text):
        text = latex[1]
    for mark in _EMPHASIS:
        inner = text[len(mark) : -len(mark)]
        if text.startswith(mark) and text.endswith(mark) and mark not in inner:
            text = inner
        elif framed and mark == "**" and text.count(mark) == 1:  # The other one is in the framing.
            text = text.removeprefix(mark).removesuffix(mark)
    if framed and text.count('"') == 1:
        text = text.removesuffix('"')
    if _is_quoted(text) and (framed or not _FIRST_PERSON.match(text)):
        text = text[1:-1]
    return text


def _is_quoted(text: str) -> bool:
    """Whether the quote that opens a text is the one that closes at its end."""
    opening, depth = text[:1], 0
    closing = _QUOTES.get(opening)
    if closing is None or not text.endswith(closing):
        return False
    for place, character in enumerate(text):
        if character not in (opening, closing):
            continue
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if before.isalnum() and after.isalnum():  # An apostrophe.
            continue
        if opening == closing:
            opens = before in ("", " ", "(", "\n", opening) and after.strip() != ""
        else:
            opens = character == opening
        depth += 1 if opens else -1
        if depth == 0:
            return 1 < place == len(text) - 1
    return False
