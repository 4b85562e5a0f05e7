r"""Takes off what models wrap code in, where the code does not compile with it.

Each repair takes a text and returns it changed, or as it is. They are tried one after the other.
"""

import html
import re
import textwrap
from collections.abc import Callable, Iterator

_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_NOTHING = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_INDENTATION = re.compile("^[ \t\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]+", re.M)
_TAGS = re.compile(
    r"(?:(?:</?(?:pre|code|answer|solution|python|program)(?: [^>\n]{0,80})?>"
    r"|\[/?(?:PYTHON|CODE|ANSWER|SOLUTION)\]"
    r"|\\(?:begin|end)\{(?:verbatim|lstlisting|minted|python|code)\}"
    r"(?:[\[{][^\]}\n]{0,40}[\]}]){0,2})[ \t]*\n?)+",
    re.IGNORECASE,
)
_BLOCK_QUOTE = re.compile(r"^[ \t]{0,3}>(?!>) ?", re.M)
_QUOTED_FENCE = re.compile(r"^[ \t]{0,3}> ?(?:`{3}|~{3})", re.M)
_PROMPT = re.compile(r"[ \t]*(?:>>>|\.\.\.|In \[\d+\]:| {2,6}\.{3}:)(?: |$)")
_PROMPTED = re.compile(r"^[ \t]*(?:>>>|In \[\d+\]:) ", re.M)
_LINE_NUMBER = re.compile(r"[ \t]*(\d{1,4})(?:[.:)]|[ \t]?[|│])?(?:[ \t]|$)")
_ESCAPED = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#39|#x27|#34);")
_TYPOGRAPHIC = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "\u2018": "'",
        "\u2019": "'",
        "\u2212": "-",
        "\uff1a": ":",
        "\uff0c": ",",
        "\uff08": "(",
        "\uff09": ")",
    }
)
_LINE_END = re.compile("\r\n?|[\u2028\u2029]")
_HEADER = re.compile(r"\s{0,9}(?:python3?|py)[ \t]*\n", re.IGNORECASE)
_QUOTED = re.compile(r"\s*(\"{3}|'{3})(.*)\1\s*", re.DOTALL)
_STARTS_CODE = re.compile(r"\s{0,9}(?:import |from |def |class |@)")
_LABELLED = re.compile(r"^([A-Z][\w ]{0,30}:) (?=def |import |from |class |@)", re.M)
_MARKDOWN_ESCAPE = re.compile(r"\\([_*<>#\[\]])")
_LINE_ELEMENT = re.compile(r"<br ?/?>\n?", re.IGNORECASE)
_INLINE_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)([^`\n]+)\1(?!`)")
_GLUED_OPENING = re.compile(
    r"^([ \t>]*(?:(?:[-*+]|\d{1,2}[.)])[ \t]+)?)(`{3,}|~{3,})[ \t]*(?:(?:python3?|py)[ \t]*)?"
    r"(?=(?:async )?def |import |from |class |@|return |lambda )",
    re.M | re.IGNORECASE,
)
_LISTED_OPENING = re.compile(r"^([ \t]*)(?:[-*+]|\d{1,2}[.)])([ \t]+)(?=`{3}|~{3})", re.M)
_GLUED_CLOSING = re.compile(r"(?<=[^\s`~])[ \t]*(`{3,}|~{3,})[ \t]*$", re.M)


def without_header(response: str) -> str:
    """Remove a first line that only names the language, and quotes around a whole program."""
    if "\n" not in response.strip():
        response = _LINE_END.sub("\n", response)
    header = _HEADER.match(response)
    text = response[header.end() :] if header else response
    quoted = _QUOTED.fullmatch(text)
    return quoted[2] if quoted and _STARTS_CODE.match(quoted[2]) else text


def with_plain_fences(response: str) -> str:
    """Put fences on lines of their own, and write other marks around code as fences."""
    text = _BLOCK_QUOTE.sub("", response) if _QUOTED_FENCE.search(response) else response
    text = _TAGS.sub("\n```\n", text)
    text = _GLUED_CLOSING.sub(r"\n\1", _GLUED_OPENING.sub(r"\1\2\n", text))
    return _LABELLED.sub(r"\1\n", _LISTED_OPENING.sub(r"\1 \2", text))


def inline_code(response: str) -> list[str]:
    """List the passages between single marks: "`f = lambda x: x`"."""
    return [found[2] for found in _INLINE_CODE.finditer(response)]


def repaired_texts(text: str, defines: Callable[[str], bool]) -> Iterator[str]:
    """Yield a text with one more kind of wrapping taken off each time something changes.

    Args:
        text: The text.
        defines: Whether a text defines the function; a repair that would lose it is left out.

    Yields:
        The text after each repair.
    """
    for repair in _REPAIRS:
        repaired = repair(text)
        if repaired != text and (defines(repaired) or not defines(text)):
            text = repaired
            yield text


def is_escaped(text: str) -> bool:
    """Whether a text has HTML's names of characters in place of the characters."""
    return _ESCAPED.search(text) is not None


def _plain_indentation(text: str) -> str:
    return _INDENTATION.sub(lambda found: _plain_spaces(found[0]), text)


def _plain_spaces(text: str) -> str:
    return _SPACES.sub(" ", _NOTHING.sub("", text))


def _without_prompts(text: str) -> str:
    """Keep the lines after ">>>" and "...", which are what was typed, if there are any."""
    if not _PROMPTED.search(text):
        return text
    marks = [(line, _PROMPT.match(line)) for line in text.split("\n")]
    return "\n".join(line[mark.end() :] for line, mark in marks if mark) + "\n"


def _without_line_numbers(text: str) -> str:
    """Remove the numbers of lines, if every line has one and they count up."""
    lines = [line for line in text.split("\n") if line.strip()]
    marks = [_LINE_NUMBER.match(line) for line in lines]
    numbers = [int(mark[1]) for mark in marks if mark]
    if len(lines) < 2 or len(numbers) < len(lines):
        return text
    if numbers != list(range(numbers[0], numbers[0] + len(lines))):
        return text
    return textwrap.dedent(
        "\n".join(line[mark.end() :] for line, mark in zip(lines, marks, strict=True) if mark)
    )


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: html.unescape(found[0]), _LINE_ELEMENT.sub("\n", text))


def _with_line_breaks(text: str) -> str:
    r"""Write out "\n", where a text has no other line breaks."""
    if "\n" in text.strip() or "\\n" not in text:
        return text
    return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')


_REPAIRS = (
    _plain_indentation,
    _plain_spaces,
    textwrap.dedent,
    _without_prompts,
    _without_line_numbers,
    _unescaped,
    _plain_indentation,
    lambda text: text.translate(_TYPOGRAPHIC),
    lambda text: _MARKDOWN_ESCAPE.sub(r"\1", text),
    _with_line_breaks,
)
