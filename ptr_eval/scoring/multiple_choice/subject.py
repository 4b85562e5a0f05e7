"""Reads the option before a predicate: "C is correct", "C) Paris is the best answer".

The subject is a label, a label with its text or an aside, an option's text, or two labels.
"""

import re

from ptr_eval.scoring.multiple_choice.normalize import compile_words
from ptr_eval.scoring.multiple_choice.response_text import NamedOptions, ResponseText

_MENTION = compile_words(
    r"(?:(?P<word>\b(?:option|choice|answer|letter|选项|statement) ?)|(?<![A-Za-z0-9_'-]))"
    r"(?P<open>[(\[\"']{0,2})(?P<label>[A-Z]{1,2}|\d{1,2})(?P<close>[)\]\"'.:]{0,4})"
    r"(?![A-Za-z0-9_'-])"
)
_ASIDE = compile_words(r"(?:\([^()]*\)|,[^,]*,|\"[^\"]*\"|- [^-]* -|是|,)")
_JOINTS = frozenset({"and", "or", "&", "/", ",", "nor", ", and", ", or"})
_EXCLUDED = compile_words(r"\b(?:neither|nor|not|n't)(?: option)? ?$")
_LABELLED = re.compile(r"(?<![\w'-])([A-Z])[).] (?:an? |the )?\Z")
_NO_SUBJECT = ("not", "nor", "than", "of", "in", "with")
_REACH = 240


def read_subject(response: ResponseText, end: int) -> NamedOptions | None:
    """Read the subject that ends where the predicate begins."""
    start = max(response.text.rfind("\n", 0, end) + 1, end - _REACH)
    mentions = [m for m in _MENTION.finditer(response.text, start, end) if _is_label(response, m)]
    if mentions and _is_next_to(response, mentions[-1], end):
        labels = _joined_labels(response, mentions)
        found = NamedOptions(labels, mentions[-1].start("label"), mentions[-1].end())
        return found if labels else None
    return _text_subject(response, start, end)


def _is_label(response: ResponseText, mention: re.Match[str]) -> bool:
    """Whether a label is meant; a bare number must open the clause."""
    if mention["label"] not in response.options.labels:
        return False
    if mention["word"] or mention["open"] or mention["close"] or mention["label"].isalpha():
        return True
    before = response.text[max(0, mention.start() - 2) : mention.start()].rstrip(" ")
    return before[-1:] in ("", "\n", ".", ",", ":")


def _is_next_to(response: ResponseText, mention: re.Match[str], end: int) -> bool:
    """Whether only the option's own text or an aside is between label and predicate."""
    own = response.own_text(mention["label"], mention.end("label"))
    if own and own <= end:
        return not response.text[own:end].strip(" .,)\"'-:")
    between = response.text[mention.end() : end].strip(" ")
    return not between or bool(_ASIDE.fullmatch(between))


def _joined_labels(response: ResponseText, mentions: list[re.Match[str]]) -> tuple[str, ...]:
    """Return the last label and those joined to it; none after "neither"."""
    place = len(mentions) - 1
    while place:
        gap = response.text[mentions[place - 1].end() : mentions[place].start()]
        if gap.strip(" \"'").lower() not in _JOINTS:
            break
        place -= 1
    first = mentions[place].start()
    if _EXCLUDED.search(response.text, max(0, first - 16), first):
        return ()
    return tuple(dict.fromkeys(mention["label"] for mention in mentions[place:]))


def _text_subject(response: ResponseText, start: int, end: int) -> NamedOptions | None:
    """Read the longest option text that ends here."""
    end = start + len(response.lower_line[start:end].rstrip(" \"',.)"))
    found = [
        (len(key), label)
        for label, key in response.options.keys.items()
        if key and response.text_for(label).endswith(key, start, end)
    ]
    if not found:
        return None
    length, label = max(found)
    lead = response.lower_line[start : end - length]
    if lead[-1:].isalnum() or lead.rstrip(" \"'").endswith(_NO_SUBJECT):
        return None
    place = start + len(lead)
    labelled = _LABELLED.search(response.text, start, place)
    if labelled and labelled[1] in response.options.labels:  # "B. Paris is correct" says B
        return NamedOptions((labelled[1],), labelled.start(1), place + length)
    return NamedOptions((label,), place, place + length, by_text=True)
