"""Finds the places where a response states its choice, and what it states there.

Most rules find words that announce a choice, and `ResponseText.read` reads what follows. Rules for
statements that begin with the option ("C is correct") are in `find_predicates`.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest

from ptr_eval.scoring.multiple_choice.cues import CUES
from ptr_eval.scoring.multiple_choice.find_predicates import find_predicates
from ptr_eval.scoring.multiple_choice.normalize import compile_words
from ptr_eval.scoring.multiple_choice.response_text import NamedOptions, ResponseText
from ptr_eval.scoring.multiple_choice.statement import ChoiceStatement, make_statement

_QUALITY = (
    r"(?:correct|right|best|proper|appropriate|accurate|suitable|true|plausible|logical|likely|"
    r"closest|only|final|chosen|selected|reasonable|sensible|fitting|probable|incorrect|false|"
    r"untrue)"
)
_NOUN = compile_words(
    r"(?<![a-z])(?:(?:answers?|ans|choice|selection|pick|response|conclusion|verdict|decision|"
    r"prediction|correction|solution|guess|option|letter|respuesta|r[ée]ponse|antwort|resposta|"
    r"risposta|ответ|jawaban|antwoord|cevap)(?![a-z])(?! (?:choices|options)\b)"
    rf"|(?:(?<=my )|(?<=the )){_QUALITY}(?: one\b|(?= is\b))"
    r"|final(?= ?:)"
    rf"|(?:(?<=the )|(?<=most )){_QUALITY} (?!is\b|one\b|answer|choice|option)[a-z]{{3,15}}(?=[ :])"
    r"|blank(?= )|答案|正确选项|正確選項|正解|答え|回答|정답|답)"
)
_LINK = compile_words(
    r"(?<=\bans)\.(?= )|"
    r"(?<![a-z])(?:is|are|was|were|be|been|remains?|stays?|becomes?|to|as|of|with|es|est|ist|é|è)"
    r"(?![a-z])|[:=>]|-(?=[\s>])|\]|是|为|為|应选|選|选|は|が|은|는"
)
_LINKS_TO_ANSWER = frozenset({"to", "as", "of", "with"})
_LINKS_AT_ONCE = frozenset("]=>-")
_GAP = 110
_GAP_END = compile_words(r"[?!;]|(?<!\bans)\.(?=\s|$)|\n")
_GAP_SPOILED = compile_words(
    r"n't\b|\b(?:not|never|neither|cannot|whether|if|when|which|depends?|between|because|why)\b|不"
)
_MODAL_GAP = compile_words(r"\s*(?:(?:should|must|would|will|can only|has to|needs to)\s*)?$")
_ADJACENT = compile_words(r"[\s\"'(\[{]{1,4}")
_ADJACENT_END = compile_words(r"[)\]\"'}]{0,2}(?:$|[.!,\n](?!\d))")
_OTHER = compile_words(
    r"\b(?:each|every|any|another|other|wrong|incorrect|which|what|next|multiple|these|those|two|"
    r"second)\s$"
)
_CLAUSE_END = compile_words(
    r"[)\]}\"'.>]{0,3}(?:$|[.!;,:\n]|[)\]}]| ?\(|(?<=[.)\]}])\s"
    r"| (?:because|since|as|-|rather than|instead of|and not|not)\b)"
)
_NONE = compile_words(
    r"\b(?:none|neither|not one) of (?:the|these|those|them)(?: (?:above|given|provided|listed|"
    r"answer)){0,2}(?: (?:options|choices|answers|statements))?(?: (?:above|given|provided|"
    r"listed))? (?:is|are|seems?|match(?:es)?|fits?|appl(?:y|ies)|works?)\b"
    r"(?! (?:as|more|exactly))"
)


def find_statements(response: ResponseText) -> list[ChoiceStatement]:
    """Find every statement of a response, in order."""
    found = [
        *_by_noun(response),
        *_by_cue(response),
        *find_predicates(response),
        *_none_of_them(response),
    ]
    return sorted(found, key=lambda statement: statement.place)


def _by_noun(response: ResponseText) -> Iterator[ChoiceStatement]:
    """Find "the answer (to this question) is C", "Answer: C", "my answer remains C"."""
    nouns = list(_NOUN.finditer(response.text))
    for noun, following in zip_longest(nouns, nouns[1:]):
        if _OTHER.search(response.text, max(0, noun.start() - 12), noun.start()):
            continue
        limit = min(noun.end() + _GAP, following.start() if following else len(response.text))
        named = _adjacent(response, noun) or _after_link(response, noun, limit)
        explicit = " " not in noun[0] and noun[0].lower() not in ("blank", "closest")
        if named:
            yield from make_statement(response, noun.start(), named, "answer", explicit)


def _adjacent(response: ResponseText, noun: re.Match[str]) -> NamedOptions | None:
    """Read "answer C", unless the line goes on or it is the heading "Answer C: ..."."""
    gap = _ADJACENT.match(response.text, noun.end())
    if not gap or not noun[0].lower().startswith(("ans", "答")):
        return None
    if not response.options.label.match(response.text, gap.end()):
        return None
    named = response.read(noun.end(), strict=True)
    ends = named and not named.by_text and _ADJACENT_END.match(response.text, named.end)
    return named if ends else None


def _after_link(response: ResponseText, noun: re.Match[str], limit: int) -> NamedOptions | None:
    """Read the option after the first linking word that is followed by one."""
    text, start, word = response.text, noun.end(), noun[0].lower()
    end = _GAP_END.search(text, start, limit)
    is_answer = word.startswith(("ans", "答", "정"))
    if end and end[0] == "\n" and not text[start : end.start()].strip(" :\"'#}])"):
        return response.read(end.end(), strict=True)  # a heading with the answer below it
    for link in _LINK.finditer(text, start, end.start() if end else limit):
        gap, linked = text[start : link.start()], link[0].lower()
        if _GAP_SPOILED.search(gap):
            return None
        if word in ("option", "choice") and response.options.label.match(gap.strip(" (")):
            return None  # "option A is ..." is about A
        if linked in _LINKS_TO_ANSWER and not word.startswith(("answ", "choice")):
            continue
        if linked in _LINKS_AT_ONCE and gap.strip(" \"'#)}"):
            continue
        named = response.read(link.end(), strict=not is_answer)
        if named and (is_answer or not named.by_text or _MODAL_GAP.match(gap)):
            return named
    return None


def _by_cue(response: ResponseText) -> Iterator[ChoiceStatement]:
    """Find what the words of the table announce."""
    for cue in CUES:
        for found in cue.pattern.finditer(response.text):
            named = response.read(found.end(), strict=cue.strict)
            if named is None or not named.labels or (named.by_text and not cue.texts):
                continue
            if cue.marked and not named.marked:
                continue
            if cue.closes and not _CLAUSE_END.match(response.text, named.end):
                continue
            yield from make_statement(response, found.start(), named, cue.name, cue.explicit)


def _none_of_them(response: ResponseText) -> Iterator[ChoiceStatement]:
    """Find "none of the options is correct"."""
    for found in _NONE.finditer(response.text):
        if any(found[0].lower() in key for key in response.options.keys.values()):
            continue  # an option has these words
        named = NamedOptions((), found.end())
        yield from make_statement(response, found.start(), named, "none of the options", False)
