r"""Writes mathematical answers in one notation, so that they can be compared.

Only notation is changed: `\dfrac` becomes `\frac`, `\left(` becomes `(`, units and dollar signs are
removed. Nothing is calculated.
"""

import re

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2010\u2011\uff0d\ufe63", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\n\r\t", " "),
        **dict.fromkeys("\u200b\u2060\ufeff\0", None),
        **{"π": r"\pi ", "∞": r"\infty ", "\u00d7": r"\times ", "·": r"\cdot ", "÷": "/"},
        **{
            "≤": r"\le ",
            "≥": r"\ge ",
            "≠": r"\ne ",
            "\u222a": r"\cup ",
            "∩": r"\cap ",
            "∈": r"\in ",
        },
        **{"²": "^{2}", "³": "^{3}", "½": r"\frac{1}{2}", "√": r"\sqrt ", "±": r"\pm "},
        **{"θ": r"\theta ", "°": r"^{\circ}"},
    }
)
_TEXT = r"\\(?:text|mathrm|textrm|mbox|textbf|mathbf|hbox)"
_TEXT_UNIT = rf"{_TEXT}\s?\{{[ ~]*[A-Za-z][A-Za-z .~/]*\}}"
_UNIT = rf"(?:{_TEXT_UNIT}(?:\s?/\s?{_TEXT_UNIT})?)"
# One letter may be a variable.
_BARE_UNIT = (
    r"(?:[kcmd]m|km/h|m/s|mph|[km]g|ml|sec(?:ond)?s?|min(?:ute)?s?|hours?|days?|inch(?:es)?|"
    r"f(?:oo|ee)t|degrees?|dollars?|cents?|units?)"
)
_RULES = [
    (re.compile(r"(?<!\\)\\(?:\(|\)|\[|\]|displaystyle(?![A-Za-z]))|\*\*|`"), " "),
    (re.compile(r"(?<!\\)\\[$]|[$]"), ""),
    (re.compile(r"(?<!\\)\\! ?"), ""),
    (re.compile(r"\{,\}"), ","),
    (re.compile(rf"(?<=[0-9]) ?\^? ?\{{? ?(?:{_TEXT} ?\{{)? ?(?:st|nd|rd|th) ?\}}{{0,2}}\Z"), ""),
    (re.compile(r"\\q?quad\s?(?=[A-Za-z]\s?=)"), ", "),
    (re.compile(r"(?<!\\)\\[,;: ]|~|\\q?quad(?![A-Za-z])"), " "),
    (re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)\s?(?=[\[\]()|.\\{}<>])\.?"), ""),
    (re.compile(r"\\[dtc]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\(le|ge|ne)q(?![A-Za-z])"), r"\\\1"),
    (re.compile(r"\\frac\s?([0-9])\s?([0-9])"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s?([0-9])\s?(?=\{)"), r"\\frac{\1}"),
    (re.compile(r"\\frac\s?\\pi(?![A-Za-z])\s?(?=[0-9A-Za-z{\\])"), r"\\frac{\\pi}"),
    (re.compile(r"\\frac\s?([0-9])\s?\\pi(?![A-Za-z])"), r"\\frac{\1}{\\pi}"),
    (re.compile(r"\A(-?[0-9]{1,9}) ([0-9]{1,9})/([0-9]{1,9})\Z"), r"\1\\frac{\2}{\3}"),
    (re.compile(r"\\pmod\s?(?:[0-9]|\{[^{}]{1,20}\})\s?\Z"), ""),
    (re.compile(r"\\varnothing(?![A-Za-z])"), r"\\emptyset"),
    (
        re.compile(
            rf",\s?(?:{_TEXT}\s?\{{\s?)?(?:and|or)(?: ?\}}|(?= ?[-0-9$\\({{])|(?= [a-z] ?=))"
        ),
        ", ",
    ),
    (re.compile(r"(\\frac\{[^{}]{1,80}\})\s?([0-9A-Za-z])(?![}])"), r"\1{\2}"),
    (re.compile(r"\\sqrt\s?([0-9A-Za-z])"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\A-Za-z])sqrt\s?[({]([^(){}]{1,80})[)}]"), r"\\sqrt{\1}"),
    (re.compile(r"\\sqrt\s?\(([^(){}]{1,80})\)"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\A-Za-z])(pi|theta|infty)(?![A-Za-z])"), r"\\\1"),
    (re.compile(r"\^\s?(?:\\circ(?![A-Za-z])|\{\s?\\circ\s?\})|\\degree(?![A-Za-z])"), ""),
    # The parser knows no signs as indices.
    (re.compile(r"_\s?\{?\s?\\(odot|oplus|otimes|star|ast|perp|bot)(?![A-Za-z])\s?\}?"), r"_{\1}"),
    (re.compile(r"\\%"), "%"),
    # A unit after a number: 5 \text{ cm}^2.
    (re.compile(rf"(?<=[0-9}})%])[ ~]?{_UNIT}(?:\s?\^\s?\{{?[0-9]\}}?)?\s?\Z"), ""),
    (re.compile(rf"(?<=[0-9}}]) {_BARE_UNIT}(?:\s?\^\s?\{{?[0-9]\}}?)?\s?\Z"), ""),
    (re.compile(rf"{_TEXT}\s?\{{([^{{}}]*)\}}"), r"\1"),
    (re.compile(r"(?:\A|(?<=[=(,\[]))\s?\+\s?"), ""),
    (re.compile(r"(?<!\\)\\\Z|(?<=\\\\)\\\\\Z"), ""),
    (re.compile(r" {2,}"), " "),
]
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def normalize(answer: str) -> str:
    """Write an answer in one notation, with single spaces."""
    text = answer.translate(_CHARACTERS)
    # One rule can make another one match; a few passes are enough for any real answer.
    for _ in range(8):
        before = text
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
        text = text.strip(" ").rstrip(".,;: ").lstrip(",;: ")
        if text == before:
            break
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def comparison_text(normalized: str) -> str:
    """Reduce a normalized answer to the text that is compared."""
    text = normalized.replace(" ", "")
    if re.fullmatch(r"\([A-Za-z]\)", text):
        return text[1]
    return text.casefold() if is_words(normalized) else text


def is_words(text: str) -> bool:
    """Whether an answer consists of words, not of mathematics."""
    return bool(re.fullmatch(r"[^\W\d_]{2,}(?:[ ,'-]{1,3}\w{1,40})*", text))
