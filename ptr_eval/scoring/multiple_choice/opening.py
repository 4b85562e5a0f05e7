"""Reads the option with which a response opens, with a reason behind it: "Paris - a capital"."""

import re

from ptr_eval.scoring.multiple_choice.response_text import NamedOptions, ResponseText

LabelsAndRule = tuple[tuple[str, ...], str]
"""The labels that were found, and the name of the rule that found them."""

_BECAUSE = (
    r"(?: ?(?:because|since)\b|, (?:as|because|since|though|although|but|I (?:think|believe|guess)|"
    r"I'd say)\b)"
)
_REASON = re.compile(_BECAUSE)
_OPENING_REASON = re.compile(
    rf"(?:(?:probably|likely|perhaps|maybe|definitely|certainly|clearly),? )?(?:option |choice )?"
    rf"[(\[\"']?((?-i:[A-Z]{{1,2}})|\d{{1,2}})[)\]\"']?(?:{_BECAUSE}| \((?:because|since)\b)",
    re.IGNORECASE,
)
_WORDS = r"(?:[^\W\d_][\w'-]*,? ){2}[^\W\d_]"
"""Three words, so that no formula is taken for a reason."""
_OPENING = re.compile(r"[(\[\"'{]{0,3}([A-Za-z0-9]{1,2})[)\]\"'.:}](?! ?[A-Z]\.)")
_DASHED = re.compile(rf"([A-Z]{{1,2}}) - (?=[A-Z]|{_WORDS})")
_OPTION = re.compile(r"(?:option|choice) ([A-Za-z0-9]{1,2})(?=[).:]| -)", re.IGNORECASE)
_TEXT_CLOSED = re.compile(r"[\"')\]]{0,2}(?:[.,;:!]|$| [-(])")
_BEHIND_TEXT = re.compile(
    rf"[\"')\]]{{0,2}}(?: -{{1,2}} | ?: )(?={_WORDS})(.+?)(?:(?<=[.!?])(?= )|$)"
    rf"|[\"']? \((?={_WORDS})([^()]+)\)(?:[.;!]|$)"
)
"""Matches a separator and a sentence; brackets must end the sentence in which they stand."""
_HAS_WORD = re.compile(r"[^\W\d_]{2}")
_NO_REASON = re.compile(
    r"n't\b|\b(?:no|not|never|cannot|neither|if|unless|whether|incorrect|wrong|false|unlikely|"
    r"maybe|perhaps|possibly|might)\b|^(?:could|may|would|or)\b|\?$| -{1,2} ",
    re.IGNORECASE,
)
_BULLET = re.compile(r"[-•*>] ")
_ITEM_FOLLOWS = re.compile(r"\n(?:[-•*] |[^\n:]{1,40}(?: ?: | -{1,2} ))")
_OTHER_LABEL = re.compile(
    r"(?:(?:\boption |\bchoice |(?<!\w)\()|^[-•* ]{0,3}(?=\w{1,2}[).:]))"
    r"([A-Za-z0-9]{1,2})(?!\w|\.\w)",
    re.IGNORECASE | re.MULTILINE,
)


def opening_label(response: ResponseText, line: str) -> LabelsAndRule | None:
    """Read "C) ..." or "C. ...", which answers a prompt that ends in "The answer is (".

    A number may belong to a list, so the option's own text must follow it.
    """
    reasoned = _OPENING_REASON.match(line)
    if reasoned and reasoned[1] in response.options.labels:
        return (reasoned[1],), "opening label"
    part = ResponseText.of(line, response.options)
    option = _OPTION.match(line)
    if option and option[1] in response.options.labels:
        end = part.own_text(option[1], option.end())
        closed = end and _TEXT_CLOSED.match(line, end)
        is_answer = end and closed and _is_only(response, line, option[1], end)
        return ((option[1],), "opening label") if is_answer else None
    found = _OPENING.match(line) or _DASHED.match(line)
    if not found or found[1] not in response.options.labels:
        return None
    named = part.read(0, strict=True)
    if named is None or named.by_text or part.denied(named.end):
        return None
    if found[1].isdigit() and part.own_text(found[1], found.end(1)) is None:
        if not part.read_text(found.end() + 1):
            return None
    return named.labels, "opening label"


def opening_text(response: ResponseText, line: str, *, first: bool) -> LabelsAndRule | None:
    """Read "Paris. It is the capital" or "Paris, because it is the capital".

    In the first line of a response, a reason may follow a dash or a colon or stand in brackets.
    """
    part = ResponseText.of(line, response.options)
    named = part.read(0, strict=True)
    if not named or not named.by_text:
        return None
    if line[named.end : named.end + 1] in (".", ";") or _REASON.match(line, named.end):
        return named.labels, "opening text"
    if first and _is_reasoned(response, line, named):
        return named.labels, "opening text"
    return None


def _is_reasoned(response: ResponseText, line: str, named: NamedOptions) -> bool:
    """Whether a sentence follows that denies and supposes nothing, and is no item of a list."""
    reason = _BEHIND_TEXT.match(line, named.end)
    if not reason or _BULLET.match(line) or not _HAS_WORD.search(line, named.start, named.end):
        return False
    denied = _NO_REASON.search(reason[1] or reason[2])
    return not denied and _is_only(response, line, named.labels[0], named.end)


def _is_only(response: ResponseText, line: str, label: str, end: int) -> bool:
    """Whether no other option is named behind an option of a line, and the line begins no list."""
    start = response.text.index(line)
    if _ITEM_FOLLOWS.match(response.text, start + len(line)):
        return False
    rest = ResponseText.of(response.text[start + end :], response.options)
    labels = {other for other in response.options.labels if other != label}
    return not labels.intersection(_OTHER_LABEL.findall(rest.text)) and not any(
        map(rest.has_text_of, labels)
    )
