"""Writes a response in one plain form, so that patterns stay short.

Full-width and mathematical letters become plain ones and typographic quotes straight ones.
Emphasis, LaTeX fonts and dollar signs are removed. Nothing is interpreted here.
"""

import re
import unicodedata

from ptr_eval.scoring.answers.clean import without_suffixes

REACH = 8_000
"""How many characters are read at each end of a response; the middle is left out."""

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_COMPATIBLE = ((0x1D400, 0x1D7FF), (0x2460, 0x24FF), (0xFF00, 0xFFEF))
_REPLACEMENTS = {
    **dict.fromkeys((0x2018, 0x2019, 0x201B, 0x2032, 0x60, 0xB4), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033「」『』«»"), '"'),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-"),
    **dict.fromkeys(map(ord, "【\u3014〖"), "["),
    **dict.fromkeys(map(ord, "】\u3015〗"), "]"),
    **dict.fromkeys(map(ord, "→⇒⟹➔➜"), ">"),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\ufe0f\x00"), ""),
    ord("。"): ".",
    ord("、"): ",",
}
_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\\(?:(?:text)?color ?\{[^{}\n]{1,20}\}|underline) ?"), ""),
    (re.compile(r"^(?:#{1,3}|#{5,6}) +", re.MULTILINE), ""),
    (re.compile(r"\\(?:text|math(?:rm|bf|sf))[a-z]{0,2} ?\{([^{}\n]{0,200})\}"), r"\1"),
    (re.compile(r"\\(?:text|math|bf|rm|it|emph|bm|boldsymbol|display|large|Large)[a-z]*\b ?"), ""),
    (re.compile(r"\\[()\[\],;:! ]"), " "),
    (re.compile(r"<\|(?!im_start)\w{1,30}\|>|</?s>"), "\n"),
    (re.compile(r"</?(?:b|i|u|p|em|br|div|span|code|strong|center|h[1-6])\b[^<>]{0,40}>"), ""),
    (re.compile(r"\*{2,}|\*(?=[^\s*])|(?<=[^\s*])\*+"), ""),
    (re.compile(r"(?<![A-Za-z0-9_])_+(?=[^\s_])|(?<=[^\s_])_+(?![A-Za-z0-9_])"), ""),
    # A dollar sign is LaTeX unless it is the price of something.
    (re.compile(r"\$(?!\d[\d.,]{0,15}(?![\d.,]*(?:\$| ?[\^\\])))"), ""),
    (re.compile(r"([\^_])\{([^{}\n]{1,12})\}"), r"\1\2"),
    (re.compile(r"\\[dt]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r" ?(?:\\times(?![A-Za-z])|\u00d7) ?"), " \u00d7 "),
    (re.compile(r"[^\S\n]+"), " "),
    (re.compile(r" ?\n ?"), "\n"),
    (re.compile(r"\n{3,}"), "\n\n"),
)


class _PlainCharacters(dict[int, str]):
    """Maps one character to one character, so that no text can grow; filled as they occur."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if any(low <= code <= high for low, high in _COMPATIBLE):
            plain = unicodedata.normalize("NFKC", char)
            char = plain if len(plain) == 1 else char
        self[code] = char
        return char


_PLAIN_CHARACTERS = _PlainCharacters(_REPLACEMENTS)


def normalize(text: str) -> str:
    """Return the text in plain characters and without markup."""
    if len(text) > 2 * REACH:
        text = f"{text[:REACH]}\n\n{text[-REACH:]}"
    text = _LINE_ENDS.sub("\n", text).translate(_PLAIN_CHARACTERS)
    text = without_suffixes(text)
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return text.strip()


def compile_words(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for words in any case, on any line."""
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def lower_in_place(text: str) -> str:
    """Return the text in lower case; no character changes its position."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
