r"""Writes characters of any script as ASCII and LaTeX: "½" as \frac{1}{2}, "π" as \pi."""

import re
import unicodedata

_OPERATORS = {
    **dict.fromkeys("\u2212\u2013\u2010\u2011\uff0d\ufe63", "-"),
    **dict.fromkeys("\u200b\u2060\ufeff\0\u20ac\u00a3\u00a5\u20b9", ""),
    **dict.fromkeys("\u2018\u2019\u2032", "'"),
    **{"∞": r"\infty ", "\u00d7": r"\times ", "·": r"\cdot ", "\u22c5": r"\cdot ", "÷": "/"},
    **{"\u2215": "/", "\u2044": "/", "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge "},
    **{"≠": r"\ne ", "≈": r"\approx ", "\u222a": r"\cup ", "∩": r"\cap ", "∈": r"\in "},
    **{"\u2216": r"\setminus ", "∅": r"\emptyset ", "√": r"\sqrt ", "±": r"\pm ", "∓": r"\mp "},
    **{
        "°": r"^{\circ}",
        "\u211d": r"\mathbb{R}",
        "\u2124": r"\mathbb{Z}",
        "\u2223": "|",
        "∠": r"\angle ",
    },
    **{
        "\u066b": ".",
        "\u066c": ",",
        "\u060c": ",",
        "\u3001": ",",
        "\u3002": ".",
        "∛": r"\sqrt[3]",
        "\u2228": r"\lor ",
    },
}
_SPECIAL = re.compile(r"[^\x00-\x7f]|[\0\n\r\t]")
_RAISED = re.compile(r"[⁰¹²³⁴-⁹⁺⁻⁽⁾ⁿⁱ]+")
_LOWERED = re.compile(r"[₀-₉₊₋ₐ-ₜ]+")


def to_latex(text: str) -> str:
    """Write a text without characters that mean the same as others in ASCII or LaTeX."""
    if text.isascii() and text.isprintable():
        return text
    text = _RAISED.sub(lambda run: f"^{{{unicodedata.normalize('NFKC', run[0])}}}", text)
    text = _LOWERED.sub(lambda run: f"_{{{unicodedata.normalize('NFKC', run[0])}}}", text)
    return _SPECIAL.sub(lambda match: _character(match[0]), text).replace("\u2212", "-")


def _character(character: str) -> str:
    if character in _OPERATORS:
        return _OPERATORS[character]
    if character.isspace():
        return " "
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    name = unicodedata.name(character, "").split()
    if name[:1] == ["GREEK"] and name[2:3] == ["LETTER"] and len(name) == 4:
        letter = name[3].lower().replace("lamda", "lambda")
        return f"\\{letter if name[1] == 'SMALL' else letter.capitalize()} "
    plain = unicodedata.normalize("NFKC", character)
    if name[:2] == ["VULGAR", "FRACTION"]:
        above, _, below = plain.partition("\u2044")
        return rf"\frac{{{above}}}{{{below}}}"
    # Letters in mathematical styles, and full-width forms; others stay as they are.
    return plain if plain.isascii() and len(plain) == 1 else character
