"""Questions that no text model can answer, or that give their answer away.

Each check is a small function from a question to what it found, empty for nothing; `clean` asks
them in order and reports the first that finds something.
"""

import re
from collections.abc import Callable

from pydantic import Field, field_validator

from ptr_data.filters.answer_in_question import leaked_answer
from ptr_data.filters.code import without_code
from ptr_data.filters.language import known_languages, other_language
from ptr_data.records import Question
from ptr_eval.config import Settings, Text


class CleaningSettings(Settings):
    """Which questions are dropped."""

    images: bool = True
    """Whether questions with pictures, or about pictures, are dropped; those in code do not
    count, nor figures drawn in the question itself."""
    urls: bool = True
    """Whether questions with web addresses are dropped; those in code do not count, nor addresses
    of the machine itself and of XML's namespaces."""
    min_characters: int = Field(default=8, ge=0)
    """The shortest question kept, in characters without outer blanks."""
    max_characters: int = Field(default=8_000, ge=1)
    """The longest question kept, in characters without outer blanks."""
    languages: list[Text] = Field(default_factory=lambda: ["en"])
    """The ISO 639 codes of the languages kept; none to keep all."""
    language_confidence: float = Field(default=0.99, gt=0, le=1)
    """A question is dropped if all other languages together have at least this probability, from 0
    to 1."""
    language_bytes: int = Field(default=30, ge=1)
    """The least prose on which a language is judged, in bytes of UTF-8; code, formulas and numbers
    do not count."""
    leak_words: int = Field(default=100, ge=1)
    """The shortest answer that counts as leaked wherever it stands in the question, in words (each
    character of Chinese or Japanese is a word). Below, it must follow a mark such as "Answer:"."""
    marked_leak_words: int = Field(default=8, ge=1)
    """The shortest answer that counts as leaked after such a mark, in words; at the question's
    very end any does."""

    @field_validator("languages")
    @classmethod
    def _known(cls, languages: list[str]) -> list[str]:
        if unknown := sorted(set(languages) - known_languages()):
            raise ValueError(f"no known language: {', '.join(unknown)}; use codes such as en, de")
        return languages


Check = Callable[[Question, CleaningSettings], str]

_BAD_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd\ufffe\uffff\ue000-\uf8ff]"
)
# UTF-8 read as Windows-1252: the lead bytes of accented letters and of curly quotes and dashes,
# followed by what a further byte (80 to BF) becomes.
_FURTHER = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xC0))
_MOJIBAKE = re.compile(f"(?:[ÂÃ]|â€)[{_FURTHER}]")

_NAMED_IMAGE = r"\b[\w-]{1,100}\.(?:png|jpe?g|gif|bmp|webp|tiff?|svg|heic)\b"
_KIND = r"(?:image|picture|photo|photograph|screenshot|figure)"
_IMAGE = re.compile(
    r"!\[[^\]\n]{0,300}\]\([^)\s]"  # Markdown
    r"|<img\s[^>]{0,500}?\bsrc\b"
    r"|\bdata:image/"
    rf"|{_NAMED_IMAGE}",
    re.IGNORECASE,
)
# "The image above the kernel" speaks of a place, "in the figure below the angle is" of a figure.
_SHOWN_IMAGE = re.compile(
    r"\b(?:attached|following|above|below|uploaded|enclosed) "
    r"(?:image|picture|photo|photograph|screenshot)\b"
    r"|\b(?:image|picture|photo|photograph|screenshot|figure|diagram) "
    r"(?:is |are |was )?(?:shown |given |attached |provided |displayed |pictured )?"
    r"(?:(?:below|above)\b(?! (?:the|an?|this|that|these|those|its|your|my|our|his|her|their)\b)"
    r"|(?:attached|here)\b)"
    r"|\b(?:in|from) the (?:figure|diagram) (?:below|above)\b"
    rf"|\b(?:see|look at|refer to|looking at|shown in|referring to) (?:the|this) "
    rf"(?:attached )?{_KIND}\b",
    re.IGNORECASE,
)
# A figure that is drawn in the question itself.
_DRAWN = re.compile(r"\[asy\]|\\begin\{(?:tikzpicture|pspicture|picture|asy)\}|<svg\b")

_URL = re.compile(
    r"\b(?i:https?|ftp)://[\w\[]"
    r"|\b(?i:www)\.[a-zA-Z0-9-]{1,63}\.[a-zA-Z]"
    r"|(?<![\w@./-])(?:"
    r"(?:[a-zA-Z0-9-]{1,63}\.){1,5}(?:com|org|edu|gov)"  # not .net or .io: "ASP.net/C#"
    r"|(?:[a-zA-Z0-9-]{1,63}\.){1,5}co\.[a-z]{2}"
    r"|[a-z0-9-]{1,63}\.(?:github|gitlab)\.io|bit\.ly|goo\.gl|youtu\.be|t\.co|git\.io"
    r")/[\w?#~%-]"
)


# Addresses that lead nowhere: of this machine, and of XML's namespaces.
_NO_URL = re.compile(
    r"\bhttps?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|www\.w3\.org/(?:\d{4}|ns|XML)\b)"
)


def clean(question: Question, settings: CleaningSettings) -> tuple[str, str] | None:
    """Decide whether a question is kept."""
    for reason, check in _CHECKS.items():
        if found := check(question, settings):
            return reason, found
    return None


def _empty(question: Question, settings: CleaningSettings) -> str:
    return "" if any(c.isalnum() for c in question.text) else "no letter or digit"


def _broken(question: Question, settings: CleaningSettings) -> str:
    if bad := _BAD_CHARACTERS.search(question.text):
        return f"U+{ord(bad.group()):04X}"
    return _found(_MOJIBAKE, question.text)


def _image(question: Question, settings: CleaningSettings) -> str:
    if not settings.images:
        return ""
    text = question.text
    if found := _IMAGE.search(without_code(text)):
        return _quoted(found, text)
    return "" if _DRAWN.search(text) else _found(_SHOWN_IMAGE, text)


def _url(question: Question, settings: CleaningSettings) -> str:
    if not settings.urls:
        return ""
    text = _NO_URL.sub(lambda found: " " * len(found.group()), without_code(question.text))
    found = _URL.search(text)
    return _quoted(found, question.text) if found else ""


def _short(question: Question, settings: CleaningSettings) -> str:
    length = len(question.text.strip())
    return f"{length} characters" if length < settings.min_characters else ""


def _long(question: Question, settings: CleaningSettings) -> str:
    length = len(question.text.strip())
    return f"{length} characters" if length > settings.max_characters else ""


def _language(question: Question, settings: CleaningSettings) -> str:
    if not settings.languages:
        return ""
    return other_language(
        question.text, settings.languages, settings.language_confidence, settings.language_bytes
    )


def _leak(question: Question, settings: CleaningSettings) -> str:
    return leaked_answer(
        question.text, question.reference, settings.leak_words, settings.marked_leak_words
    )


def _found(pattern: re.Pattern[str], text: str) -> str:
    """Quote what a pattern finds, with a little of what follows."""
    found = pattern.search(text)
    return _quoted(found, text) if found else ""


def _quoted(found: re.Match[str], text: str) -> str:
    return text[found.start() : found.end() + 20][:80]


_CHECKS: dict[str, Check] = {
    "empty": _empty,
    "broken characters": _broken,
    "image": _image,
    "url": _url,
    "too short": _short,
    "too long": _long,
    "language": _language,
    "answer in question": _leak,
}
