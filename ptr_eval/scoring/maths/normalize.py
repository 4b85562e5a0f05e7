r"""Writes mathematical answers in one notation, so that they can be compared.

Only notation is changed: `\dfrac` becomes `\frac`, `\left(` becomes `(`, units and dollar signs are
removed, a repeating decimal becomes a fraction.
"""

import re

from ptr_eval.scoring.maths.characters import to_latex
from ptr_eval.scoring.maths.numerals import as_fractions
from ptr_eval.scoring.maths.phrases import TEXT, unit, without_explanation

_SIZES = (
    "displaystyle|textstyle|scriptstyle|tiny|small|normalsize|large|Large|LARGE|huge|Huge|bf|rm|it|"
    "bfseries|limits|nolimits"
)
_COLOR = r"color\s?(?:\[[^\[\]]{1,20}\]\s?)?\{[^{}]{1,30}\}"
_FACE = rf"(?:{TEXT}|\\text{_COLOR})"
_CIRCLE = r"(?:\^\s?\\circ(?![A-Za-z])|\^\s?\{\s?\\circ\s?\}|\\degree(?![A-Za-z]))"
_DEGREES = re.compile(rf"([0-9]+(?:\.[0-9]+)?|(?<![A-Za-z])[A-Za-z]|\\[a-z]{{1,12}})\s?{_CIRCLE}")
_RULES = [
    (re.compile(rf"\\{_COLOR}|\\(?:{_SIZES})(?![A-Za-z])"), ""),
    (re.compile(r"\\(?:checkmark|blacksquare|square|qed)\s?\Z|\\euro|\\pounds"), ""),
    (re.compile(r"\\colon(?![A-Za-z])"), ":"),
    (re.compile(r"\\log\s?_\s?(?:e|\{e\})(?![A-Za-z])"), r"\\ln "),
    (
        re.compile(
            r"\\(?:bbox\s?\[[^\[\]]{1,60}\]|(?:fcolorbox\s?\{[^{}]{1,30}\}|colorbox)"
            r"\s?\{[^{}]{1,30}\})(?=\s?\{)"
        ),
        "",
    ),
    (re.compile(rf"\A\s?{_FACE}\s?(\{{.*\}})\s?\Z", re.DOTALL), r"\1"),
    (re.compile(r"(?<!\\)\\(?:\(|\)|\[|\])|\*\*|`"), " "),
    (re.compile(r"(?<!\\)\\[$]|[$]"), ""),
    (re.compile(r"(?<!\\)\\! ?"), ""),
    (re.compile(r"\{,\}(?=[0-9]{3}(?![0-9]))"), ","),
    (re.compile(r"(?<=[0-9])\{,\}(?=[0-9])"), "."),
    (re.compile(rf"(?<=[0-9]) ?\^? ?\{{? ?(?:{TEXT} ?\{{)? ?(?:st|nd|rd|th) ?\}}{{0,2}}\Z"), ""),
    (re.compile(r"\\q?quad\s?(?=[A-Za-z]\s?=)"), ", "),
    (re.compile(r"(?<!\\)\\[,;: ]|~|\\q?quad(?![A-Za-z])"), " "),
    (re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)\s?(?=[\[\]()|.\\{}<>])\.?"), ""),
    (re.compile(r"\\[dtc]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\(le|ge|ne)(?:q|qslant)(?![A-Za-z])"), r"\\\1"),
    (re.compile(r"\\lt(?![A-Za-z])"), "<"),
    (re.compile(r"\\gt(?![A-Za-z])"), ">"),
    (re.compile(r"\\frac\s?([0-9])\s?([0-9])"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s?([0-9])\s?(?=\{)"), r"\\frac{\1}"),
    (re.compile(r"\\frac\s?\\pi(?![A-Za-z])\s?(?=[0-9A-Za-z{\\])"), r"\\frac{\\pi}"),
    (re.compile(r"\\frac\s?([0-9])\s?\\pi(?![A-Za-z])"), r"\\frac{\1}{\\pi}"),
    (re.compile(r"\A(-?[0-9]{1,9}) ([0-9]{1,9})/([0-9]{1,9})\Z"), r"\1\\frac{\2}{\3}"),
    (re.compile(r"\\pmod\s?(?:[0-9]|\{[^{}]{1,20}\})\s?\Z"), ""),
    (re.compile(r"\\varnothing(?![A-Za-z])|\A\\\{\s?\\\}\Z"), r"\\emptyset"),
    (re.compile(r"\{?\\(?:bf R|R|Reals?)(?![A-Za-z])\}?|\\mathbb\s?R"), r"\\mathbb{R}"),
    (
        re.compile(
            rf",\s?(?:{TEXT}\s?\{{\s?)?(?:and|or)(?: ?\}}|(?= ?[-0-9$\\({{])|(?= [a-z] ?=))"
        ),
        ", ",
    ),
    (re.compile(r"(\\frac\{[^{}]{1,80}\})\s?([0-9A-Za-z])(?![}])"), r"\1{\2}"),
    (re.compile(r"\\sqrt\s?([0-9A-Za-z])"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\A-Za-z])sqrt\s?[({]([^(){}]{1,80})[)}]"), r"\\sqrt{\1}"),
    (re.compile(r"\\sqrt\s?\(([^(){}]{1,80})\)"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\A-Za-z])(pi|theta|infty)(?![A-Za-z])"), r"\\\1"),
    (
        re.compile(r"(?<![\\A-Za-z])((?:arc)?(?:sin|cos|tan)|sec|csc|cot|ln|log)(?=[ (^_0-9])"),
        r"\\\1",
    ),
    (re.compile(_CIRCLE), ""),
    (
        re.compile(
            r",\s?\(?[a-z](?:\s?,\s?[a-z])?\s?\\in\s?\\mathbb\s?\{?[A-Z]\}?"
            r"(?:[_^]\s?\{?[^{}$]{1,3}\}?)?\)?\s?\Z"
        ),
        "",
    ),
    # The parser knows no signs as indices.
    (re.compile(r"_\s?\{?\s?\\(odot|oplus|otimes|star|ast|perp|bot)(?![A-Za-z])\s?\}?"), r"_{\1}"),
    (re.compile(r"\\%"), "%"),
]
# After the unit is removed.
_LAST_RULES = [
    (re.compile(rf"{TEXT}\s?\{{([^{{}}]*)\}}"), r"\1"),
    (re.compile(r"(?:\A|(?<=[=(,\[]))\s?\+\s?"), ""),
    (re.compile(r"\s?\(mod\s?\{?[0-9]{1,9}\}?\)\Z"), ""),
    (re.compile(r"(?<!\\)\\\Z|(?<=\\\\)\\\\\Z"), ""),
    (re.compile(r" {2,}"), " "),
]
_SET = re.compile(
    r"\\\{\s?\(?\s?[A-Za-z]\s?\)?\s?(?:\\in\s?\\mathbb\{R\}\s?)?"
    r"(?::|\||\\mid(?![A-Za-z])|\\colon)\s?(.{1,300})\\\}"
)
# A unit after a number: "5 \text{ cm}^2", "5 \text{ km}/\text{h}", "5 square cm", "5 m/s".
_SHORT_UNIT = rf"{TEXT}\s?\{{\s?[A-Za-z]{{1,8}}\s?\}}"
_TEXT_UNIT = (
    rf"[ ~]?{TEXT}\s?\{{(?P<text>[ ~]*[A-Za-z%][A-Za-z .~/%]*)\}}"
    rf"(?:\s?(?:/|\\cdot)\s?{_SHORT_UNIT})?|\s?\\frac\s?\{{{_SHORT_UNIT}\}}\s?\{{{_SHORT_UNIT}\}}"
)
_BARE_UNIT = r"(?<=[0-9}]) (?:(?P<bare>[A-Za-z]{2,15}(?:[ /][A-Za-z]{1,15}){0,5})|m/s)"
_POWER = r"(?:\s?\^\s?\{?-?[0-9]\}?)?"
_ATTACHED_UNIT = (
    r"(?<=[0-9])(?:[kcmd]m|[km]g|ml|mph|km/h|m/s|ft|inch(?:es)?|feet|miles?|hours?|minutes?|"
    r"seconds?|degrees?|dollars?|cents?|units?)"
)
_UNIT = re.compile(rf"(?<=[0-9}})%])(?:{_TEXT_UNIT}|{_BARE_UNIT}|{_ATTACHED_UNIT}){_POWER}\s?\Z")
# A command out of a JSON or Python text: "\\\\frac".
_DOUBLED = re.compile(r"\\\\(?=[A-Za-z])")
_LONGEST_PRODUCT = 3
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def normalize(answer: str, *, radians: bool = False) -> str:
    """Write an answer in one notation, with single spaces; with `radians` angles become numbers."""
    text = to_latex(answer).strip()
    if "begin" not in text:
        text = _DOUBLED.sub(r"\\", text)
    text = as_fractions(without_explanation(text))
    if radians:
        text = _DEGREES.sub(r"\\frac{\1 \\pi }{180}", text)
    # One rule can make another one match; a few passes are enough for any real answer.
    for _ in range(8):
        before = text
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
        text = _UNIT.sub(_without_unit, text)
        for pattern, replacement in _LAST_RULES:
            text = pattern.sub(replacement, text)
        text = text.strip(" ").rstrip(".,;: ").lstrip(",;: ")
        text = _without_braces(text)
        if text == before:
            break
    if text.endswith("!") and is_words(text[:-1]) and not may_be_product(text[:-1]):
        text = text[:-1]
    builder = _SET.fullmatch(text)
    if builder:
        text = builder[1].strip()
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _without_unit(match: re.Match[str]) -> str:
    read = unit(match["text"] or match["bare"] or "")
    return match[0] if read is None else read


def _without_braces(text: str) -> str:
    """Drop braces around the whole answer."""
    if text[:1] != "{" or text[-1:] != "}":
        return text
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if not depth:
            return text[1:-1].strip() if place == len(text) - 1 else text
    return text


def comparison_text(normalized: str) -> str:
    """Reduce a normalized answer to the text that is compared; only variables keep their case."""
    text = normalized.replace(" ", "")
    if re.fullmatch(r"\([A-Za-z]\)", text):
        return text[1]
    return text.casefold() if is_words(normalized) and not may_be_product(normalized) else text


def is_words(text: str) -> bool:
    """Whether an answer consists of words, not of mathematics."""
    return bool(re.fullmatch(r"(?:[Aa] (?!and|or))?[^\W\d_]{2,}(?:[ ,'-]{1,3}\w{1,40})*", text))


def may_be_product(text: str) -> bool:
    """Whether letters may be variables: "ab" or "AB", but not "even" or "No"."""
    return len(text) <= _LONGEST_PRODUCT and not text.istitle()
