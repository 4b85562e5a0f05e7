"""The weaker evidence: a label or option text that stands alone where an answer would stand.

Used only if no statement of the answer was found. Restated options are no evidence.
"""

import re

from ptr_eval.scoring.multiple_choice.read import REMOVED, SIGN, Named, Page, text_key

Found = tuple[tuple[str, ...], str]

_REST = re.compile(r"[\s)\]}>\"'.,:;!/|]*$")
_TEXT_REST = re.compile(r"[\s)\]}>\"'.,;!?]*$")
_LABEL_FIRST = re.compile(r"[(\[\"'{]{0,3}([A-Za-z0-9]{1,2})[)\]\"'.:,}]{1,3} ?")
_FEW = 8
_ROLE = re.compile(rf"(?:A|Ans|assistant|model) ?[:>.] ?(?=\S)|[-•>*] |{SIGN} ?", re.IGNORECASE)
_BECAUSE = (
    r"(?: ?(?:because|since)\b|, (?:as|because|since|though|although|but|I (?:think|believe|guess)|"
    r"I'd say)\b)"
)
_REASON = re.compile(_BECAUSE)
_OPENING_REASON = re.compile(
    rf"(?:(?:probably|likely|perhaps|maybe|definitely|certainly|clearly),? )?"
    rf"[(\[\"']?((?-i:[A-Z]{{1,2}})|\d{{1,2}})[)\]\"']?{_BECAUSE}",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[(\[\"'{]{0,3}([A-Za-z0-9]{1,2})[)\]\"'.:}](?! ?[A-Z]\.)")
_TICK = re.compile(
    r"[✓✔✅☑]|[-(:] ?(?:correct|right)(?: answer| choice| option)?[).!]?$", re.IGNORECASE
)
_CROSS = re.compile(r"[✗✘❌✖]|\b(?:incorrect|wrong|not)\b", re.IGNORECASE)
_VERDICT = re.compile(
    r"(?<![A-Za-z0-9'-])([A-Za-z0-9]{1,2})(?:\)|\.|:| [-–=])? ?"
    r"(?:(yes|correct|right)|no|incorrect|wrong)(?=$|[.,;!)\n])",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"[-•(\[| ]{0,4}(?:option )?([A-Za-z0-9]{1,2})(?:[)\].:]| ?\|)", re.I)
_CONCLUSION = re.compile(
    r"(?:^|[.!?] )((?:so|therefore|thus|hence|consequently|in conclusion|in summary|overall)\b.*"
    r"|[^.!?]*\([A-Za-z0-9]{1,2}\)\W{0,3})$",
    re.IGNORECASE,
)
_MARKED = re.compile(r"(?:\boption |\bchoice |(?<!\w)\()([A-Za-z0-9]{1,2})(?![\w.])")
_DENIED = re.compile(
    r"n't\b|\b(?:not|never|cannot|neither|if|whether|incorrect|wrong)\b", re.IGNORECASE
)
_SENTENCES = re.compile(r"(?<=[.!?]) ")
_BEFORE_TEXT = re.compile(
    r"\b(?:is|are|be|was|were)(?: an?| the)? [\"'(]?$|: (?:\([a-z0-9]{1,2}\) |[a-z0-9]{1,2}[).] )$"
)
_COPULA = re.compile(r"\b(?:is|are|be|was|were)(?: an?| the)? [\"'(]?$")


def lone_answer(page: Page) -> Found | None:
    """Find an answer that stands alone."""
    lines, free = _lines(page)
    judged = _judged(page)
    if judged:
        return judged
    ticked = _ticked(page, lines)
    if not free:
        return ticked
    last, first = _alone(page, free[-1]), _alone(page, free[0])
    if last and first and last.labels != first.labels and len(free) <= _FEW:
        each = [_alone(page, line) for line in free]
        if all(each):  # nothing but different labels, one under the other
            return tuple(dict.fromkeys(named.labels[0] for named in each if named)), "lines"
    if last:
        return last.labels, "last line" if len(lines) > 1 else "whole response"
    if first:
        return first.labels, "first line"
    opening = _opening_label(page, free[0]) if free[0] is lines[0] else None
    closing = _conclusion(page, free[-1]) or _opening_text(page, free[0])
    return opening or ticked or closing or _complement(page, free[-1])


def whole_option(page: Page) -> Found | None:
    """Find the option whose text is the whole response, its label before it or not."""
    found = _LABEL_FIRST.match(page.text)
    if found and found[1] in page.options.labels:
        end = page.own_text(found[1], found.end(1))
        if end and _TEXT_REST.match(page.text, end):
            return (found[1],), "whole response"
    whole = text_key(page.text)
    for label, key in page.options.keys.items():
        if key == (whole if label in page.options.cased else whole.lower()):
            is_label = key.upper() in page.options.labels
            return None if is_label or not key else ((label,), "whole response")
    return None


def _lines(page: Page) -> tuple[list[str], list[str]]:
    """Return the lines with text, and those of them that do not list the options."""
    lines, free, place = [], [], 0
    for line in page.text.split("\n"):
        if line.strip(f" {REMOVED}"):
            lines.append(line)
            if place not in page.listed:
                free.append(line)
        place += len(line) + 1
    return lines, free


def _alone(page: Page, line: str) -> Named | None:
    """Read a line that holds a label, a label with its text, or a text, and no more."""
    role = _ROLE.match(line)
    for text in (line, line[role.end() :]) if role else (line,):
        named = Page.of(text, page.options).read(0, strict=True)
        rest = _TEXT_REST if named and named.by_text else _REST
        if named and named.labels and rest.match(text, named.end):
            return named
    return None


def _opening_label(page: Page, line: str) -> Found | None:
    """C) ..., (C) ..., C. ...: a prompt that ends in "The answer is (" is answered so.

    A number may count a list, so after one the option's own text must follow.
    """
    reasoned = _OPENING_REASON.match(line)
    if reasoned and reasoned[1] in page.options.labels:
        return (reasoned[1],), "opening label"
    found = _OPENING.match(line)
    if not found or found[1] not in page.options.labels:
        return None
    part = Page.of(line, page.options)
    named = part.read(0, strict=True)
    if named is None or named.by_text or part.denied(named.end):
        return None
    if found[1].isdigit() and part.own_text(found[1], found.end(1)) is None:
        return None
    return named.labels, "opening label"


def _opening_text(page: Page, line: str) -> Found | None:
    """Paris. It is the capital ... Paris, because it is the capital."""
    part = Page.of(line, page.options)
    named = part.read(0, strict=True)
    if not named or not named.by_text:
        return None
    if line[named.end : named.end + 1] in (".", ";") or _REASON.match(line, named.end):
        return named.labels, "opening text"
    return None


def _judged(page: Page) -> Found | None:
    """A: no. B: no. C: yes!: the only one of several options that is not turned down."""
    verdicts = {
        label: bool(yes) for label, yes in _VERDICT.findall(page.text) if label in page.options.keys
    }
    kept = [label for label, yes in verdicts.items() if yes]
    return ((kept[0],), "judged options") if len(kept) == 1 < len(verdicts) else None


def _ticked(page: Page, lines: list[str]) -> Found | None:
    """The only option of a list that is ticked or called correct."""
    ticked = set()
    for line in lines:
        item = _LABELLED.match(line)
        if (
            item
            and item[1] in page.options.labels
            and _TICK.search(line)
            and not _CROSS.search(line)
        ):
            ticked.add(item[1])
    return ((ticked.pop(),), "ticked option") if len(ticked) == 1 else None


def _conclusion(page: Page, line: str) -> Found | None:
    """Therefore, ... (C): the only option in a closing conclusion."""
    found = _CONCLUSION.search(line)
    if not found or _DENIED.search(found[1]):
        return None
    labels = {label for label in _MARKED.findall(found[1]) if label in page.options.labels}
    if len(labels) == 1:
        return (labels.pop(),), "conclusion"
    sentence = Page.of(found[1].rstrip(" .!\"'"), page.options)
    ends = [
        (len(key), label)
        for label, key in page.options.keys.items()
        if key
        and sentence.spelling(label).endswith(key)
        and _COPULA.search(sentence.flat[: -len(key)])
    ]
    return ((max(ends)[1],), "conclusion") if ends and not labels else None


def _complement(page: Page, line: str) -> Found | None:
    """The capital of France is Paris; it is this: (C) Paris. No other option may be named."""
    sentence = Page.of(_SENTENCES.split(line)[-1].rstrip(" .!\"'"), page.options)
    if _DENIED.search(sentence.text):
        return None
    named = [label for label in page.options.labels if _names(page, label)]
    if len(named) != 1:
        return None
    (label,), key = named, page.options.keys[named[0]]
    before = sentence.flat[: -len(key)]
    ends = sentence.spelling(label).endswith(key) and _BEFORE_TEXT.search(before)
    return ((label,), "complement") if ends else None


def _names(page: Page, label: str) -> bool:
    """Whether the text of an option occurs on a page as words of its own."""
    key, text = page.options.keys[label], page.spelling(label)
    place = text.find(key) if key else -1
    while place >= 0:
        around = text[place - 1 : place] + text[place + len(key) : place + len(key) + 1]
        if not any(character.isalnum() for character in around):
            return True
        place = text.find(key, place + 1)
    return False
