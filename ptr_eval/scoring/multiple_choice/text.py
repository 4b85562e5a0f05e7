"""Turns a response into a page that is easy to search: one spelling, no markup, no lists.

Full-width and mathematical letters become plain ones, typographic quotes straight ones;
emphasis, LaTeX fonts and dollar signs go. What is said on the page is judged elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

REACH = 8_000
"""Characters read at either end of a response; what lies between them is left out."""

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_COMPATIBLE = ((0x1D400, 0x1D7FF), (0x2460, 0x24FF), (0xFF00, 0xFFEF))
_SPELLINGS = {
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


class _Spelling(dict[int, str]):
    """Character by character, so that no combination can blow up; filled as characters occur."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if any(low <= code <= high for low, high in _COMPATIBLE):
            plain = unicodedata.normalize("NFKC", char)
            char = plain if len(plain) == 1 else char
        self[code] = char
        return char


_SPELLING = _Spelling(_SPELLINGS)


def clean(text: str) -> str:
    """Return the text in one spelling and without markup."""
    if len(text) > 2 * REACH:
        text = f"{text[:REACH]}\n\n{text[-REACH:]}"
    text = _LINE_ENDS.sub("\n", text).translate(_SPELLING)
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return text.strip()


def lower(text: str) -> str:
    """Return the text in lower case, every character at its old place."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


_NEXT_QUESTION = re.compile(
    r"^\W{0,6}(?:(?:next |new )?(?:question|problem|exercise)|Q|human|user|input|instruction|"
    r"问题|题目)(?: ?#?\d{1,4})?\W{0,3}[:.)]"
    # "Now, let's summarize all the answers": few-shot questions answered over again
    r"|^[^\n]{0,30}(?:summari[sz]e|summari[sz]ing|combin(?:e|ing)|considering|总结)[^\n]{0,20}"
    r"(?:all the (?:answers|questions)|答案)\b"
    r"|^(?:<\|im_start\|>user|\[INST\]|The following (?:is|are) )",
    re.IGNORECASE | re.MULTILINE,
)
_LISTED = re.compile(r"^[-•(\[ ]{0,3}([A-Za-z0-9]{1,2})[)\].:]\s*(\S.{0,200})", re.DOTALL)
_LISTED_LINE = re.compile(
    r"^[-•(\[ ]{0,3}(?:Option )?([A-Za-z0-9]{1,2})[)\].:](?=\s)", re.MULTILINE
)
_ANSWER_LINE = re.compile(
    r"(?:(?:the )?(?:correct )?answer|ans|a|答案)\b(?: ?:| is\b)", re.IGNORECASE
)


def blocks(page: str, keys: dict[str, str]) -> Iterator[str]:
    """Yield the stretches of a page that each deal with one question.

    Base models go on to write a further question with its answer. A new stretch begins at a
    heading such as `Question:` and at a paragraph of a question with options of its own.
    """
    starts = {0, *(found.start() for found in _NEXT_QUESTION.finditer(page))}
    place = 0
    for paragraph in page.split("\n\n"):
        if _is_other_question(paragraph, keys):
            starts.add(place)
        place += len(paragraph) + 2
    edges = [*sorted(starts), len(page)]
    for start, end in pairwise(edges):
        yield page[start:end]


def _is_other_question(paragraph: str, keys: dict[str, str]) -> bool:
    """Whether a paragraph is a question, options that are not ours, and an answer line."""
    lines = paragraph.split("\n")
    items = [_LISTED.match(line) for line in lines]
    if len(lines) < 4 or items[0] or not any(_ANSWER_LINE.match(line) for line in lines):
        return False
    texts = [lower(item[2]) for item in items if item and item[1] in keys]
    ours = tuple(key for key in keys.values() if key)
    return len(texts) >= 2 and not any(text.startswith(ours) for text in texts)


def listing_starts(text: str, labels: tuple[str, ...]) -> Iterator[int]:
    """Yield where lines begin that list options: two or more in the order of their labels."""
    after = {label: {following} for label, following in pairwise(labels)}
    after.setdefault("I", set()).add("II")  # statements are numbered so
    before: tuple[int, str] | None = None
    for found in _LISTED_LINE.finditer(text):
        if before and found[1] in after.get(before[1], ()):
            yield before[0]
            yield found.start()
        before = found.start(), found[1]
