r"""Takes words off mathematical answers: "\text{It is } 18 \text{ cm, since } x=9" is 18."""

import re

from ptr_eval.scoring.maths.words import DENIAL, DOUBT, SCALES, is_date

TEXT = (
    r"\\(?:text(?:normal|rm|bf|it|sf|tt|up)?|math(?:rm|bf|it|sf|tt)|mbox|hbox|emph|underline|"
    r"[fb]box|framebox|boxed|boldsymbol|bm|pmb)"
)
"""A pattern for the commands whose argument stands for itself."""
_OPEN = rf"(?P<open>{TEXT}\s?\{{)?\s*"
_LEAD = re.compile(
    rf"\s*{_OPEN}(?:[A-Za-z]{{2,12}},\s)?[^{{}}=<>,;]{{1,80}}?"
    r"(?:\b(?:is|are|equals)(?: equal to)?:?|(?<=[a-z]{3}):)(?:\s|(?=\})|\Z)\s*(?P<closed>\})?\s*"
)
_REASON = re.compile(
    rf"(?P<answer>\S.*?)(?:\s*[,;.(]\s*|\s+|(?=\\text))(?:{TEXT}\s?\{{\s*)?[,;(]?\s*"
    r"\b(?:since|because|as|where|which|hence|i\.e\.)(?![A-Za-z]).*",
    re.DOTALL,
)
_HEDGE = re.compile(
    rf"\A(?P<open>(?:{TEXT}\s?\{{)?)\s*(?:\\approx|"
    r"(?i:approximately|about|roughly|exactly|simply|just|hence|therefore|thus|so)\b,?)\s*"
)
# After one of these, a number is not given with a unit: "5 or more", "5 is wrong".
_NO_UNIT = frozenset(
    "and is are was were mod wrong incorrect false more less fewer most least than when maybe for "
    "to by am pm plus minus times over pi sqrt sin cos tan log ln where since because cup cap "
    "in".split()
)
_QUALIFIERS = (DENIAL | DOUBT) - {"or"} | frozenset(
    "wrong incorrect false more less fewer most least than half between".split()
)
# Capitals alone may be names of points: NO.
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Z]?[a-z']+(?![A-Za-z])")
_PERCENT = re.compile(r"(?:per ?cent|percentage|pct)\b")


def without_explanation(text: str) -> str:
    """Drop what introduces an answer, "The answer is", and a reason after it, "since x = 9"."""
    lead = _LEAD.match(text)
    rest = text[lead.end() :] if lead else ""
    if lead and rest.strip(" }.") and not qualifiers(text):
        text = (lead["open"] if lead["open"] and not lead["closed"] else "") + rest
    text = _HEDGE.sub(r"\g<open>", text)
    reason = _REASON.fullmatch(text)
    if reason is None:
        return text
    answer = reason["answer"]
    return answer + "}" * max(0, answer.count("{") - answer.count("}"))


def unit(words: str) -> str | None:
    """Read the words after a number: "" for a unit, a factor for "million", None if neither."""
    parts = re.findall(r"[a-z]+|%", words.casefold())
    if parts[:1] == ["%"] or _PERCENT.match(words.strip(" ~").casefold()):
        return "%"
    time_of_day = parts[-2:] in (["a", "m"], ["p", "m"])
    if set(parts) & (_NO_UNIT | DOUBT | DENIAL) or time_of_day or is_date(f"1 {words}"):
        return None
    return rf"\cdot 10^{{{SCALES[parts[0]]}}}" if parts and parts[0] in SCALES else ""


def qualifiers(text: str) -> set[str]:
    """Return the words that make another answer of an answer: "not 0", "0 or more"."""
    return {word.casefold() for word in _WORD.findall(text)} & _QUALIFIERS
