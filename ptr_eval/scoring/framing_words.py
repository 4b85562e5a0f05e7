"""The words by which a model speaks about its own text, and what a sentence of them is.

Each function looks at the words of one sentence. To know another word, add it to a list.
"""

import re
from typing import Literal

Label = Literal["summary", "earlier", "aside"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a model may call its text. The second list has other meanings in the news.
_TEXTS = _words(
    "summary summaries summarization summarisation tldr answer answers version response reply "
    "rewrite rewriting summarised summarized summarise summarize revision refinement wording phrasing rephrasing draft attempt paraphrase sentence"
)
_MORE_TEXTS = _words("statement text one way")
_NEW = _words(
    "refined refine refining refinement revised revise revising revision updated update improved "
    "improve corrected correct final new better polished rewritten rewrite rewrote rephrased "
    "rephrase reworded reword amended enhanced modified adjusted clearer clear shorter tighter "
    "sharper precise precisely concise concisely accurate accurately brief edited more second "
    "latest complete full fuller stronger another reworked restated specific alternative current"
)
_EARLIER = _words(
    "previous previously earlier original originally old older prior first initial initially "
    "former last existing preceding before above"
)
# These are labels even without a name for the text.
_ALONE = _words(
    "final new draft old after before assistant ai output result round "
    "refined revised updated improved corrected rewritten rephrased reworded polished tldr "
    "previous original earlier previously initial"
)
_ASIDES = _words(
    "change changes changed explanation explain note notes reason reasons reasoning rationale "
    "analysis improvements differences difference critique feedback comment comments edits "
    "justification corrections modifications adjustments confidence thoughts verification check "
    "checks why mistakes errors refinements revisions evaluation assessment observations remarks count"
)
_SOURCES = _words("article passage document")
_GLUE = _words(
    "a an the my our your this that is are was be would could should reads read as follows "
    "following again now once most much even slightly bit little in of for to on with and or from "
    "form same single two long it we have made make key main how by than good round no number "
    "gave wrote highly most detailed word i i've what also where were key some other can put say phrase express possible perhaps found model ai "
    "assistant draft"
)
_POINTERS = (
    *("here is", "here are", "here you", "here goes", "here it", "below is", "below are"),
    *("this is", "see below", "let me", "let us", "i have", "i would", "i will", "i can"),
)
_I = _words("i i've i'd i'll i'm my we've let's here's")
# Beginnings of words that tell of what only a text is, has, or does.
_ABOUT = (
    *("summar", "answer", "version", "wording", "phras", "reword", "rewrit", "refin", "revis"),
    *("precis", "concis", "accura", "shorter", "clearer", "clarity", "detail", "article", "draft"),
    *("sentence", "redundan", "captur", "convey", "omit", "vague", "brevity", "wordy", "specific"),
    *("original", "shorten", "readab", "tighter"),
)
_DOES = _words(
    "adds corrects names includes removes keeps mentions clarifies makes focuses uses replaces "
    "drops fixes improves now gives states highlights"
)
_COUNTED = _words("word count words")
_EDITED = _words(
    "removed added changed replaced kept corrected clarified specified shortened rephrased reworded "
    "included condensed tightened dropped trimmed fixed simplified improved refined revised "
    "omitted combined deleted change alter cut adjusted updated made checked reviewed mentioned rewrote"
)
_OFFERS = (
    *("end of summary", "end of answer", "i can help", "i would be happy", "i'd be happy"),
    *("let me know", "please let me", "feel free", "please feel", "i hope this", "i hope that"),
    *(
        "i hope it",
        "hope this",
        "hope that helps",
        "would you like",
        "do you want",
        "is there anything",
    ),
    *(
        "i'm happy to",
        "i am happy to",
        "happy to",
        "thank you",
        "thanks for",
        "thanks again",
        "you're welcome",
    ),
    *("you are right", "you're right", "you're absolutely", "i apologize", "i apologise"),
    *("my apologies", "sorry for", "sorry about", "i'm sorry for", "good point", "good catch"),
    *("does this work", "does this help", "does this look", "great question", "how does"),
    *("how is this", "how's this", "is this better", "keep thinking"),
    *("if you need", "if you'd like", "if you would like", "if you want", "if you have any"),
)
_COMMENTS = (
    *(
        "it now",
        "it is now",
        "this is more",
        "this is a",
        "that is more",
        "note that",
        "please note",
        "it still",
        "this makes",
        "this ensures",
        "this keeps",
    ),
    *("this way", "this change", "these changes", "this adds", "this removes", "this improves"),
    *("the change", "the main change", "the key change", "the only change", "the changes"),
    *("changes made", "changes include", "the edits", "the revision", "as you can see"),
)
_NO = _words("no none nothing")
_NOT = _words("not don't didn't doesn't wouldn't won't")
_CHANGE = _words(
    "change changes changed changing edit edits revisions revision corrections correction error "
    "modifications refinements refinement improvements improvement adjustments mistake mistakes "
    "errors"
)
_CHANGING = _CHANGE | _words("need needs needed necessary required add improve refine revise")
_STAYING = _words(
    "unchanged same stands stand keep remains remain stays correct accurate precise stick confirm "
    "maintain fine satisfied sticking keeping standing holds confirmed concise faithful"
)
# A confirmation has no other words: it says nothing that a summary could say.
_CONFIRMATION = (_NO | _NOT | _CHANGING | _STAYING) | _words(
    "i i've i'm i'll i'd have has been my the this that is are was were it it's its there a an as "
    "in of to and so for by with at on further more other additional any significant made make "
    "making found find see would do does think believe am be here previous earlier original first "
    "summary answer version sentence response given above before previously already still all "
    "well enough concise faithful both reviewed checked re read rechecked reread double again "
    "carefully article text against after upon review reviewing checking reflection compared "
    "verified confident every figure step facts fact details detail matches supported captures "
    "main point points key exactly written stated anything everything else rest reason there's possible current up perfect final good complete clear sure yes okay"
)
_PREFACE = re.compile(
    r"(?:yes|sure(?: thing)?|actually|certainly|of course|absolutely|definitely|ok|okay|alright|all right"
    r"|got it|understood|great|gladly|no problem|with pleasure|well|hello|hi|hmm|wait)"
    r"(?:\s?[,!.:;]+\s?|\s[-–—]\s|\Z)|(?:(?:and|but|so|now|then),?|(?:please )?note that)\s"
    r"|(?:thanks|thank you)\b[^,.!:\n]{0,80}(?:[,.!:]\s?|\Z)"
    r"|(?:after|upon|on|based on|having|given|considering|looking|taking|following|thinking|with|to"
    r"|keeping|by|instead of|for (?:reference|comparison|context)|as requested|as you)\b[^,.:!?\n]{0,120},\s?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def words_of(text: str) -> list[str]:
    """List the words of a text in small letters."""
    plain = text.lower().replace("’", "'").replace("tl;dr", "tldr").replace("tl; dr", "tldr")
    return _WORD.findall(plain)


def without_preface(sentence: str) -> str:
    """Remove "Sure, ", "After reading the article again, " and the like from the beginning."""
    for _ in range(4):
        found = _PREFACE.match(sentence)
        if found is None:
            break
        sentence = sentence[found.end() :].lstrip("*_ ")
    return sentence


def label_of(head: str, *, own_line: bool, colon: bool = True) -> Label | None:
    """Say what a head such as "Refined summary" or "Here's what I changed" announces.

    Args:
        head: What is before a colon or a dash, or on a line of its own.
        own_line: Whether it begins a line; in the middle of one it must say more.
        colon: Whether it ends in a colon or a dash.

    Returns:
        What follows: a summary, an earlier one, or something else; None if it is no head.
    """
    words = words_of(without_preface(head))
    if not words or not (_points(words) or _is_title(words, own_line, colon)):
        return None
    named = _places(words, _TEXTS | _MORE_TEXTS)
    aside = _places(words, _ASIDES)
    if aside and (not named or aside[0] < named[0] or aside[-1] == len(words) - 1):
        return "aside"
    fresh, earlier = _NEW.intersection(words), _EARLIER.intersection(words)
    if not (named or fresh or earlier) and _SOURCES.intersection(words):
        return "aside"
    stays = _STAYING.intersection(words)
    return "earlier" if earlier and not (fresh or stays) else "summary"


def is_remark(sentence: str, *, after_text: bool, opens_line: bool) -> bool:
    """Whether a sentence speaks about the summary or to the reader.

    Args:
        sentence: The sentence.
        after_text: Whether the summary may be complete before it.
        opens_line: Whether it begins a line.

    Returns:
        Whether it is no part of a summary.
    """
    all_words, words = words_of(sentence), words_of(without_preface(sentence))
    if _starts(_start(all_words), _OFFERS) or is_confirmation(sentence):
        return True
    if not words:
        return not after_text or all_words[:1] in (["thank"], ["thanks"])
    if not {word for word in words if not word.isdigit()} - _COUNTED and not words[-1].isdigit():
        return True
    start = _start(words)
    if _starts(start, _OFFERS) or _speaks_of_a_text(words):
        return True
    about = any(word.startswith(_ABOUT) for word in all_words[1:])
    if (words[0] in _I or _starts(start, ("let me", "let us"))) and about:
        return True
    if words[0] in _I:
        return after_text and bool(_EDITED.intersection(words[1:4]))
    return (
        after_text and opens_line and about and (words[0] in _EDITED or _starts(start, _COMMENTS))
    )


def is_confirmation(sentence: str) -> bool:
    """Whether a sentence only says that an answer stays: "No changes are needed."."""
    words = set(words_of(sentence))
    if not words or not words <= _CONFIRMATION:
        return False
    if words & (_NO | _NOT):
        return bool(words & (_CHANGING | {"correct"} if words & _NO else _CHANGE))
    return bool(words & _STAYING) and not words & _CHANGING and "more" not in words


def _places(words: list[str], of: frozenset[str]) -> list[int]:
    return [place for place, word in enumerate(words) if word in of]


def _start(words: list[str]) -> str:
    return " ".join(words[:4]) + " "


def _starts(start: str, phrases: tuple[str, ...]) -> bool:
    return any(start.startswith(f"{phrase} ") for phrase in phrases)


def announces(head: str) -> bool:
    """Whether a head at the end of a line speaks of wording: "This can be put more precisely"."""
    words = words_of(head)
    return len(words) <= 30 and any(word in _I or word.startswith(_ABOUT) for word in words)


def opens_with_first_person(sentence: str) -> bool:
    words = words_of(without_preface(sentence))
    return bool(words) and words[0] in _I - {"here's"}


def _points(words: list[str]) -> bool:
    """Whether words point to a text that follows: "here is a version which ..."."""
    start = _start(words)
    if _starts(start, ("here it is", "here you go", "here goes", "here you are")):
        return True
    if not (words[0] in _I or _starts(start, _POINTERS)):
        return False
    if _MORE_TEXTS.intersection(words) and _NEW.intersection(words):
        return True
    return bool((_TEXTS | _ASIDES).intersection(words))


def _is_title(words: list[str], own_line: bool, colon: bool) -> bool:
    """Whether words are nothing but a title such as "my refined summary of the article is"."""
    if len(words) > 14 or not all(word in _TITLE or word.isdigit() for word in words):
        return False
    marked = _NEW.intersection(words) or _EARLIER.intersection(words)
    if _TEXTS.intersection(words):
        return own_line or bool(marked)
    if len(words) <= 5 and _ASIDES.intersection(words):
        return True
    if marked and _MORE_TEXTS.intersection(words):
        return True
    return own_line and colon and len(words) <= 3 and bool((_ALONE | _SOURCES).intersection(words))


def _speaks_of_a_text(words: list[str]) -> bool:
    """Whether the subject is a summary: "this version ...", "the previous summary ..."."""
    place = 1 if words[0] in ("in", "unlike") else 2 if words[:1] == ["compared"] else 0
    if len(words) <= place or words[place] not in ("this", "the", "my", "your", "that", "both"):
        return False
    framed = place > 0
    own, place = words[place] in ("my", "your", "this"), place + 1
    described = place
    while place < len(words) and words[place] in _DESCRIBING:
        place += 1
    if place >= len(words) or words[place] not in _TEXTS | {"one"}:
        return False
    if words[place] == "summary":
        return True
    rest = words[place + 1 :]
    if rest[:1] == ["of"] or not (own or place > described):
        return False
    about = any(word.startswith(_ABOUT) for word in rest) or bool(_DOES.intersection(rest[:2]))
    return about or framed


_TITLE = _TEXTS | _MORE_TEXTS | _NEW | _EARLIER | _ASIDES | _SOURCES | _STAYING | _ALONE | _GLUE
_DESCRIBING = (_NEW | _EARLIER | _words("one single short shorter long")) - _TEXTS
