"""The rules that find where a response states its choice, as tables of cues.

A cue marks a place; what is named there is read by `Page.read`. Explicit cues speak of the
answer itself; plain ones ("it must be C") count less unless they come as a second thought.
Statements that name the option first ("C is correct") are found in `_options_predicate`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from ptr_eval.scoring.multiple_choice.predicate import by_predicate
from ptr_eval.scoring.multiple_choice.read import Named, Page
from ptr_eval.scoring.multiple_choice.statement import Statement, state, words

_QUALITY = (
    r"(?:correct|right|best|proper|appropriate|accurate|suitable|true|plausible|logical|likely|"
    r"closest|only|final|chosen|selected|reasonable|sensible|fitting|probable|incorrect|false|"
    r"untrue)"
)
_NOUN = words(
    r"(?<![a-z])(?:(?:answers?|ans|choice|selection|pick|response|conclusion|verdict|decision|"
    r"prediction|correction|solution|guess|option|letter|respuesta|r[ée]ponse|antwort|resposta|"
    r"risposta|ответ|jawaban|antwoord|cevap)(?![a-z])(?! (?:choices|options)\b)"
    rf"|(?:(?<=my )|(?<=the )){_QUALITY}(?: one\b|(?= is\b))"
    r"|final(?= ?:)"
    rf"|(?:(?<=the )|(?<=most )){_QUALITY} (?!is\b|one\b|answer|choice|option)[a-z]{{3,15}}(?=[ :])"
    r"|blank(?= )|答案|正确选项|正確選項|正解|答え|回答|정답|답)"
)
_LINK = words(
    r"(?<=\bans)\.(?= )|"
    r"(?<![a-z])(?:is|are|was|were|be|been|remains?|stays?|becomes?|to|as|of|with|es|est|ist|é|è)"
    r"(?![a-z])|[:=>]|-(?=[\s>])|\]|是|为|為|应选|選|选|は|が|은|는"
)
_LINKS_TO_ANSWER = frozenset({"to", "as", "of", "with"})
_LINKS_AT_ONCE = frozenset("]=>-")
_GAP = 110
_GAP_END = words(r"[?!;]|(?<!\bans)\.(?=\s|$)|\n")
_GAP_SPOILED = words(
    r"n't\b|\b(?:not|never|neither|cannot|whether|if|when|which|depends?|between|because|why)\b|不"
)
_MODAL_GAP = words(r"\s*(?:(?:should|must|would|will|can only|has to|needs to)\s*)?$")
_ADJACENT = words(r"[\s\"'(\[{]{1,4}")
_ADJACENT_END = words(r"[)\]\"'}]{0,2}(?:$|[.!,\n](?!\d))")
_OTHER = words(
    r"\b(?:each|every|any|another|other|wrong|incorrect|which|what|next|multiple|these|those|two|"
    r"second)\s$"
)


@dataclass(frozen=True, slots=True)
class _Cue:
    """A way to announce an option."""

    name: str
    """The rule's name."""
    pattern: re.Pattern[str]
    """Matches the words up to the option."""
    explicit: bool = False
    """Whether they speak of the answer itself."""
    strict: bool = True
    """Whether a bare label must have nothing but punctuation or a reason after it."""
    texts: bool = False
    """Whether the option may be named by its text."""
    marked: bool = False
    """Whether brackets or the word "option" must mark the label."""
    closes: bool = False
    """Whether the clause must end after the option."""


_CUES = (
    _Cue("box", words(r"\\f?boxed ?(?=\{)|\\framebox"), explicit=True, strict=False, texts=True),
    _Cue(
        "tag",
        words(r"<\s?(?:final[_ ]?)?(?:answer|choice|option|ans)\s?>|####(?!#)"),
        explicit=True,
        strict=False,
        texts=True,
    ),
    _Cue("double brackets", words(r"\[\[|<<"), explicit=True),
    _Cue(
        "choice",
        words(
            r"\b(?:choose|pick|select|go(?:ing)? with|opt(?:ing)? for|vote for|stick(?:ing)? with|"
            r"settl(?:e|ing) (?:on|for)|lean(?:ing)? towards?|prefer|"
            r"stand by(?! my| the)|choosing|selecting|picking|chose|selected|picked|"
            r"(?:would|must|should) (?:say|guess|answer|mark)|"
            r"(?:stand by|stick (?:with|to)|maintain|keep|confirm|reaffirm)(?: my| the)?"
            r"(?: previous| initial| original| earlier| first)? (?:answer|choice|selection),?|"
            r"(?:change|revise|update|correct) (?:it|this|that|my answer) to|"
            r"(?:switch(?:ed|ing)?|chang(?:ed|ing)) to)\b"
            r"(?: that| it's| it is| with| to)?"
        ),
        explicit=True,
    ),
    _Cue(
        "my choice",
        words(
            r"\b(?:I|we|let's|let us)(?:'d|'ll|'m|'re| am| are| would| will| must| should)?"
            r"(?: definitely| therefore| thus| still| now| rather)? (?:choose|chose|pick(?:ed)?|"
            r"select(?:ed)?|go(?:ing)? with|opt(?:ed)? for|stick(?:ing)? with|settle on|say|guess|"
            r"answer|mark|keep)\b(?: that| it's| it is)?"
        ),
        explicit=True,
        texts=True,
    ),
    _Cue(
        "choice (Chinese)",
        words(
            r"故选|因此选|所以选|应选|应该选|选择|"
            r"(?<![a-z])选(?!项|擇)|选项应?[为是]"
        ),
        explicit=True,
    ),
    _Cue(
        "pronoun",
        words(
            r"\b(?:it|that|this|which)"
            r"(?:'s| is| must be| should be| has to be| would be| will be| can only be)\b"
        ),
        closes=True,
    ),
    _Cue("conclude", words(r"\bconclud(?:e|ing)(?: that)?(?: it is| it's)?(?= )"), closes=True),
    _Cue(
        "conclusion",
        words(
            r"(?:^|[.!?]\s|, |; )(?:and )?(?:so|therefore|thus|hence|ergo|consequently|finally|"
            r"accordingly|conclusion|in conclusion|by (?:process of )?elimination)[,:]?(?= )"
            r"|∴|(?:^|(?<![A-Z])\s)(?-i:=?>)(?= )"
        ),
        closes=True,
    ),
    _Cue(
        "second thought",
        words(r"\b(?:on second thoughts?|scratch that|correction|make that)[,:.]? ?"),
        closes=True,
    ),
    _Cue(
        "remainder",
        words(r"\b(?:leav(?:es|ing)|left with)(?: us)?(?: with)?(?: only)?\b"),
        closes=True,
    ),
    _Cue(
        "match",
        words(
            r"\b(?:match(?:es|ing)?|correspond(?:s|ing)? (?:to|with)|points? to|equivalent to|"
            r"align(?:s|ed|ing)? (?:most |best |closely ){0,2}with|consistent with|fits?|"
            r"(?:given|described|represented|stated|indicated|listed|found|shown|answered) "
            r"(?:by|in|as)|supports?|gives|yields|equals|namely)\b|\bi\.e\."
        ),
        marked=True,
    ),
    _Cue(
        "made",
        words(
            r"\b(?:makes?|making)(?= [^.!?\n]{1,200} (?:the|my)(?: [a-z-]{3,12}){0,2} "
            r"(?:answer|choice|option)\b)"
        ),
        texts=True,
    ),
    _Cue(
        "contrast",
        words(
            r"\bnot (?!only\b)[^.,;\n]{1,60}"
            r"(?:,? but(?: rather| instead)?|[,;] (?:it's|it is))(?= )"
        ),
        texts=True,
        closes=True,
    ),
    _Cue(
        "blank",
        words(
            r"\bfill(?:ed|s)?(?: in)?(?: the blanks?)?(?: with| by)"
            r"|(?:blank|underscore|gap|_)\W{0,3}(?:refers to|stands for|=)"
        ),
        texts=True,
        closes=True,
    ),
)
_CLAUSE_END = words(
    r"[)\]}\"'.>]{0,3}(?:$|[.!;,:\n]|[)\]}]| ?\(|(?<=[.)\]}])\s"
    r"| (?:because|since|as|-|rather than|instead of|and not|not)\b)"
)
_NONE = words(
    r"\b(?:none|neither|not one) of (?:the|these|those|them)(?: (?:above|given|provided|listed|"
    r"answer)){0,2}(?: (?:options|choices|answers|statements))?(?: (?:above|given|provided|"
    r"listed))? (?:is|are|seems?|match(?:es)?|fits?|appl(?:y|ies)|works?)\b"
    r"(?! (?:as|more|exactly))"
)


def statements(page: Page) -> list[Statement]:
    """Find every statement on a page."""
    found = [*_by_noun(page), *_by_cue(page), *by_predicate(page), *_none(page)]
    return sorted(found, key=lambda statement: statement.place)


def _by_noun(page: Page) -> Iterator[Statement]:
    """The answer (to this question) is C; Answer: C; "answer": "C"; my answer remains C."""
    nouns = list(_NOUN.finditer(page.text))
    for noun, following in zip_longest(nouns, nouns[1:]):
        if _OTHER.search(page.text, max(0, noun.start() - 12), noun.start()):
            continue
        limit = min(noun.end() + _GAP, following.start() if following else len(page.text))
        named = _adjacent(page, noun) or _after_link(page, noun, limit)
        explicit = " " not in noun[0] and noun[0].lower() not in ("blank", "closest")
        if named:
            yield from state(page, noun.start(), named, "answer", explicit)


def _adjacent(page: Page, noun: re.Match[str]) -> Named | None:
    """Read "answer C" where it ends, and does not open "Answer C: ..." or go on in the line."""
    gap = _ADJACENT.match(page.text, noun.end())
    if not gap or not noun[0].lower().startswith(("ans", "答")):
        return None
    if not page.options.label.match(page.text, gap.end()):
        return None
    named = page.read(noun.end(), strict=True)
    ends = named and not named.by_text and _ADJACENT_END.match(page.text, named.end)
    return named if ends else None


def _after_link(page: Page, noun: re.Match[str], limit: int) -> Named | None:
    """Read what the first link after the noun that names something names."""
    text, start, word = page.text, noun.end(), noun[0].lower()
    end = _GAP_END.search(text, start, limit)
    is_answer = word.startswith(("ans", "答", "정"))
    if end and end[0] == "\n" and not text[start : end.start()].strip(" :\"'#}])"):
        return page.read(end.end(), strict=True)  # a heading with the answer below it
    for link in _LINK.finditer(text, start, end.start() if end else limit):
        gap, linked = text[start : link.start()], link[0].lower()
        if _GAP_SPOILED.search(gap):
            return None
        if word in ("option", "choice") and page.options.label.match(gap.strip(" (")):
            return None  # "option A is ..." is about A
        if linked in _LINKS_TO_ANSWER and not word.startswith(("answ", "choice")):
            continue
        if linked in _LINKS_AT_ONCE and gap.strip(" \"'#)}"):
            continue
        named = page.read(link.end(), strict=not is_answer)
        if named and (is_answer or not named.by_text or _MODAL_GAP.match(gap)):
            return named
    return None


def _by_cue(page: Page) -> Iterator[Statement]:
    """The rules of the table."""
    for cue in _CUES:
        for found in cue.pattern.finditer(page.text):
            named = page.read(found.end(), strict=cue.strict)
            if named is None or not named.labels or (named.by_text and not cue.texts):
                continue
            if cue.marked and not named.marked:
                continue
            if cue.closes and not _CLAUSE_END.match(page.text, named.end):
                continue
            yield from state(page, found.start(), named, cue.name, cue.explicit)


def _none(page: Page) -> Iterator[Statement]:
    """None of the options is correct."""
    for found in _NONE.finditer(page.text):
        if any(found[0].lower() in key for key in page.options.keys.values()):
            continue  # one of the options says so
        named = Named((), found.end())
        yield from state(page, found.start(), named, "none of the options", False)
