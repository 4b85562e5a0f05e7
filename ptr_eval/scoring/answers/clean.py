"""Writes a text in plain characters and without Markdown, so that patterns stay short."""

import re
import unicodedata

from ptr_eval.scoring.answers.words import SUFFIXES

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_COMPATIBLE = ((0x1D400, 0x1D7FF), (0x2460, 0x24FF), (0xFF00, 0xFFEF))
_REPLACEMENTS = {
    **dict.fromkeys((0x2018, 0x2019, 0x201B, 0xB4), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f「」『』«»"), '"'),
    **dict.fromkeys((*range(0x2010, 0x2013), 0x2014, 0x2015, 0x2212, 0xFE63), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2009\u3000"), " "),
    **dict.fromkeys(map(ord, "【\u3014〖"), "["),
    **dict.fromkeys(map(ord, "】\u3015〗"), "]"),
    **dict.fromkeys(map(ord, "→⇒⟹➔➜"), ">"),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\ufe0f\x00"), ""),
    ord("、"): ",",
}
_UNDERSCORES = re.compile(r"(?<![\w\\}])_{1,4}(?=[^\s_])|(?<=[^\s_\\])_{1,4}(?![\w{\\(])|`")
_SUFFIX = re.compile(rf"(?<=[A-Z0-9])(?:{'|'.join(SUFFIXES)})\b")
_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\d)\u2013|\u2013(?!\d)"), "-"),
    (re.compile(r"```[A-Za-z]{0,12}\n?"), "\n"),
    (re.compile(r"<\|(?!im_start)\w{1,30}\|>|</?s>"), "\n"),
    (re.compile(r"</?(?:b|i|u|p|em|br|div|span|code|strong|center|h[1-6])\b[^<>]{0,40}>"), ""),
    (
        re.compile(r"(?<!\d)\*{2,}|\*{2,}(?!\d)|(?<![\w*\s])\*(?=[^\W\d])|(?<=[^\W\d])\*(?![\w*])"),
        "",
    ),
    (_UNDERSCORES, ""),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
    (re.compile(r"^[ \t]{0,3}(?:#{1,3}|#{5,6}|>)[ \t]+", re.MULTILINE), ""),
)


class _PlainCharacters(dict[int, str]):
    """Maps one character to at most one character; filled as they occur."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char.isdecimal():
            char = str(unicodedata.digit(char))
        elif any(low <= code <= high for low, high in _COMPATIBLE):
            plain = unicodedata.normalize("NFKC", char)
            char = plain if len(plain) == 1 else char
        self[code] = char
        return char


_PLAIN_CHARACTERS = _PlainCharacters(_REPLACEMENTS)


def clean(text: str, *, formulas: bool = False) -> str:
    """Write a text in plain characters and without markup.

    Args:
        text: A response.
        formulas: Whether it may have formulas, so that underscores stay.

    Returns:
        The text; it is never longer.
    """
    text = _LINE_ENDS.sub("\n", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_PLAIN_CHARACTERS)
    text = without_suffixes(text)
    for pattern, replacement in _MARKUP:
        if formulas and pattern is _UNDERSCORES:
            continue
        text = pattern.sub(replacement, text)
    return text


def without_suffixes(text: str) -> str:
    """Remove the suffixes with which some languages say that something is an answer.

    Args:
        text: A text.

    Returns:
        The text without them.
    """
    return _SUFFIX.sub("", text) if "'" in text else text


def place_in(original: str, cleaned: str, start: int, end: int) -> tuple[int, int]:
    """Find where a part of a cleaned text is in the original one.

    Args:
        original: The text as it was.
        cleaned: The text as `clean` or a matcher made it.
        start: Where the part begins in the cleaned text.
        end: Where it ends.

    Returns:
        Start and end in the original text; near the part if it is not there as it stands.
    """
    value = cleaned[start:end]
    if value.strip() and original.count(value) == cleaned.count(value):
        place = -1
        for _ in range(cleaned.count(value, 0, start) + 1):
            place = original.find(value, place + 1)
        return place, place + len(value)
    at = begin = 0
    for index, character in enumerate(cleaned[:end]):
        found = original.find(character, at, at + 400) if character.strip() else -1
        at = found + 1 if found >= 0 else at
        begin = max(at - 1, 0) if index == start else begin
    begin = min(begin, len(original) - 1)
    return begin, max(at, begin + 1)
