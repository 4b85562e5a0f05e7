"""Statements that name the option first: C is correct, C) Paris is the best answer.

The predicate is found, and its subject is read backwards: a label, a label with its text or
an aside, a text, or two labels at once.
"""

import re
from collections.abc import Iterator

from ptr_eval.scoring.multiple_choice.read import Named, Page
from ptr_eval.scoring.multiple_choice.statement import Statement, state, words

_PREDICATE = words(
    r"(?<![a-z])(?:(?:is|are|was|would be|will be|must be|should be|has to be|seems(?: to be)?|"
    r"appears to be|remains|stands (?:out )?as|being) "
    r"(?:(?:indeed|therefore|thus|clearly|definitely|actually|also|likely|probably|obviously|"
    r"in fact|certainly|still|both|then|only|considered|,) ){0,3}"
    r"(?:(?P<noun>(?:the|my|our|your)"
    r"(?: (?!not|wrong|incorrect|other|next|first|second|opposite)[a-z-]{3,12}){0,3}"
    r" (?:answers?|choices?|option|one|selection|pick)\b)"
    r"|(?:the )?(?:most |best |more )?(?:correct|right|best|appropriate|accurate|likely|suitable|"
    r"fitting|plausible|reasonable)\b"
    r"(?= ?(?:$|[.,;!)\n:]|because|since|as\b|here|for this|and\b)))"
    r"|best (?:fits?|describes?|match(?:es)?|answers?|completes?|represents?|explains?|reflects?)\b"
    r"|(?:fits|describes|matches|completes|answers|explains) [a-z ]{0,30}"
    r"(?:best|better|most accurately|the blank)\b|makes (?:the )?(?:most|more) sense"
    r"|\bit is(?=[.!])"
    r"|(?P<only>(?:works|fits|makes sense|applies|remains|qualifies|satisfies|matches)\b)"
    r"|(?:是|为)?正确(?:的|答案)?)"
)
_MENTION = words(
    r"(?:(?P<word>\b(?:option|choice|answer|letter|选项|statement) ?)|(?<![A-Za-z0-9_'-]))"
    r"(?P<open>[(\[\"']{0,2})(?P<label>[A-Z]{1,2}|\d{1,2})(?P<close>[)\]\"'.:]{0,4})"
    r"(?![A-Za-z0-9_'-])"
)
_ASIDE = words(r"(?:\([^()]*\)|,[^,]*,|\"[^\"]*\"|- [^-]* -|是|,)")
_JOINTS = frozenset({"and", "or", "&", "/", ",", "nor", ", and", ", or"})
_ONLY = words(r"\bonly \W{0,2}$")
_EXCLUDED = words(r"\b(?:neither|nor|not|n't)(?: option)? ?$")
_NO_SUBJECT = ("not", "nor", "than", "of", "in", "with")
_REACH = 240

_Subject = tuple[int, Named]


def by_predicate(page: Page) -> Iterator[Statement]:
    """Find statements by what they say of an option."""
    for found in _PREDICATE.finditer(page.text):
        subject = _subject(page, found.start(), found.end())
        if subject and (not found["only"] or _ONLY.search(page.text[: subject[0]][-8:])):
            yield from state(page, *subject, "predicate", bool(found["noun"]))


def _subject(page: Page, end: int, said: int) -> _Subject | None:
    """Read the subject that ends where the predicate begins."""
    start = max(page.text.rfind("\n", 0, end) + 1, end - _REACH)
    mentions = [m for m in _MENTION.finditer(page.text, start, end) if _is_label(page, m)]
    if mentions and _reaches(page, mentions[-1], end):
        labels = _joined(page, mentions)
        return (mentions[-1].start(), Named(labels, said)) if labels else None
    return _text_subject(page, start, end, said)


def _is_label(page: Page, mention: re.Match[str]) -> bool:
    """Whether a label is meant; a bare number must open the clause."""
    if mention["label"] not in page.options.labels:
        return False
    if mention["word"] or mention["open"] or mention["close"] or mention["label"].isalpha():
        return True
    before = page.text[max(0, mention.start() - 2) : mention.start()].rstrip(" ")
    return before[-1:] in ("", "\n", ".", ",", ":")


def _reaches(page: Page, mention: re.Match[str], end: int) -> bool:
    """Whether nothing but the option's own text or an aside stands before the predicate."""
    own = page.own_text(mention["label"], mention.end("label"))
    if own and own <= end:
        return not page.text[own:end].strip(" .,)\"'-:")
    between = page.text[mention.end() : end].strip(" ")
    return not between or bool(_ASIDE.fullmatch(between))


def _joined(page: Page, mentions: list[re.Match[str]]) -> tuple[str, ...]:
    """Return the last label and those joined to it; none after "neither"."""
    place = len(mentions) - 1
    while place:
        gap = page.text[mentions[place - 1].end() : mentions[place].start()]
        if gap.strip(" \"'").lower() not in _JOINTS:
            break
        place -= 1
    first = mentions[place].start()
    if _EXCLUDED.search(page.text, max(0, first - 16), first):
        return ()
    return tuple(dict.fromkeys(mention["label"] for mention in mentions[place:]))


def _text_subject(page: Page, start: int, end: int, said: int) -> _Subject | None:
    """Read the longest option text that ends here."""
    end = start + len(page.flat[start:end].rstrip(" \"',.)"))
    found = [
        (len(key), label)
        for label, key in page.options.keys.items()
        if key and page.spelling(label).endswith(key, start, end)
    ]
    if not found:
        return None
    length, label = max(found)
    lead = page.flat[start : end - length]
    if lead[-1:].isalnum() or lead.rstrip(" \"'").endswith(_NO_SUBJECT):
        return None
    return start + len(lead), Named((label,), said, by_text=True)
