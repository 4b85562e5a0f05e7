"""Finds a label or option text that stands alone, where a response states no choice in words.

It counts less than a statement. Repeated options do not count.
"""

import re
from collections.abc import Iterator

from ptr_eval.scoring.multiple_choice.normalize import lower_in_place
from ptr_eval.scoring.multiple_choice.opening import LabelsAndRule, opening_label, opening_text
from ptr_eval.scoring.multiple_choice.option_lists import REMOVED
from ptr_eval.scoring.multiple_choice.options import comparison_text, conjuncts
from ptr_eval.scoring.multiple_choice.response_text import SIGN, NamedOptions, ResponseText

_REST = re.compile(r"[\s)\]}>\"'.,:;!/|]*$")
_TEXT_REST = re.compile(r"[\s)\]}>\"'.,;!?]*$")
_LABEL_FIRST = re.compile(r"[(\[\"'{]{0,3}([A-Za-z0-9]{1,2})[)\]\"'.:,}]{1,3} ?")
_FEW = 8
_ROLE = re.compile(
    rf"(?:A|Ans|assistant|model) ?[:>.] ?(?=\S)|[-•>*] |\(?[a-z1-9]\) (?=[A-Z][.)])|"
    rf"Q?\d{{1,3}}[.)] (?=[A-Z]\b)|{SIGN} ?",
    re.IGNORECASE,
)
_TICK = re.compile(
    r"[✓✔✅☑]|\| ?(?:yes|correct|right|true) ?\|?$|"
    r"[-(:] ?(?:correct|right|true)(?: answer| choice| option)?[).!]?$",
    re.IGNORECASE,
)
_CROSS = re.compile(r"[✗✘❌✖]|\b(?:incorrect|wrong|not|false)\b", re.IGNORECASE)
_VERDICT = re.compile(
    r"(?<![A-Za-z0-9'-])([A-Za-z0-9]{1,2})(?:\)|\.|:| [-–=])? ?"
    r"(?:(yes|correct|right)|no|incorrect|wrong)(?=$|[.,;!)\n])",
    re.IGNORECASE,
)
_JUDGED_ITEM = re.compile(r"[-•*( ]{0,4}(.{1,80}?) ?(?:[:–—]|-(?= ))")
_JUDGED_LINE = re.compile(
    r"[:–—-] ?(?:(yes|correct|right|true)|no|incorrect|wrong|false)(?=$|[.,;!)])", re.IGNORECASE
)
_LABELLED = re.compile(
    r"[-•(\[| ]{0,4}(?:option )?([A-Za-z0-9]{1,2})(?:[)\].:]| ?\|| (?=[✓✔✅☑]))", re.I
)
_CONCLUSION = re.compile(
    r"(?:^|[.!?] )((?:so|therefore|thus|hence|consequently|in conclusion|in summary|overall)\b.*"
    r"|[^.!?]*\([A-Za-z0-9]{1,2}\)\W{0,3}"
    r"|[^.!?]*\b(?:is|are)(?: (?:most )?(?:likely|probably))? (?:option|choice) [A-Z0-9]\W{0,3})$",
    re.IGNORECASE,
)
_MARKED = re.compile(r"(?:\boption |\bchoice |(?<!\w)\()([A-Za-z0-9]{1,2})(?!\w|\.\w)")
_DENIED = re.compile(
    r"n't\b|\b(?:not|never|cannot|neither|if|whether|incorrect|wrong)\b", re.IGNORECASE
)
_ARTICLE = re.compile(r"(?:an?|the) ", re.IGNORECASE)
_SHORTLY = re.compile(r"(?!.*\b(?:and|or|nor|but|than|what)\b)[\w '-]{0,25}")
_AND = re.compile(r",? ?(?:and|or|/|,) ?(?:an? |the )?")
_SENTENCES = re.compile(r"(?<=[.!?]) ")
_BEFORE_TEXT = re.compile(
    r"\b(?:is|are|be|was|were)(?: an?| the)? [\"'(]?$|: (?:\([a-z0-9]{1,2}\) |[a-z0-9]{1,2}[).] )$"
)
_COPULA = re.compile(r"\b(?:is|are|be|was|were)(?: an?| the)? [\"'(]?$")


def find_lone_answer(response: ResponseText, *, whole: bool = True) -> LabelsAndRule | None:
    """Find an answer on a line of its own, or at the beginning or end of a response.

    It may be the end of a response that denies something before; then it is not `whole`.
    """
    lines, free = _lines(response)
    judged = _judged(response)
    if judged:
        return judged
    ticked = _ticked(response, lines)
    if not free:
        return ticked
    last, first = _alone(response, free[-1]), _alone(response, free[0])
    if last and len(free) > 1 and _is_bulleted(free[-1]) and _is_bulleted(free[-2]):
        before = _alone(response, free[-2])
        last = None if before and before.labels != last.labels else last
    if last and first and last.labels != first.labels and len(free) <= _FEW:
        each = [_alone(response, line) for line in free]
        if all(each):  # only different labels, one on each line
            return tuple(dict.fromkeys(named.labels[0] for named in each if named)), "lines"
    if last:
        return last.labels, "last line" if len(lines) > 1 else "whole response"
    if first:
        return first.labels, "first line"
    opens = free[0] is lines[0]
    opening = opening_label(response, free[0]) if opens else None
    text = opening_text(response, free[0], first=opens and whole)
    closing = _conclusion(response, free[-1]) or text
    return opening or ticked or closing or _complement(response, free[-1]) or _completion(response)


def find_whole_option(response: ResponseText) -> LabelsAndRule | None:
    """Find the option whose text is the whole response, with or without its label."""
    found = _LABEL_FIRST.match(response.text)
    if found and found[1] in response.options.labels:
        end = response.own_text(found[1], found.end(1))
        if end and _TEXT_REST.match(response.text, end):
            return (found[1],), "whole response"
        if _is_other_text(response, found):
            return (found[1],), "whole response"
    same = [
        label
        for label, parts in response.options.conjuncts.items()
        if parts == conjuncts(response.text)
    ]
    if len(same) == 1:
        return (same[0],), "whole response"
    whole = comparison_text(response.text)
    for label, key in response.options.keys.items():
        if key == (whole if label in response.options.cased else whole.lower()):
            is_label = key.upper() in response.options.labels
            return None if is_label or not key else ((label,), "whole response")
    return None


def _is_other_text(response: ResponseText, label: re.Match[str]) -> bool:
    """Whether a label stands before the text of another option; "A: Paris" may be an answer."""
    if label[0].strip() == "A:":
        return False
    text = comparison_text(label.string[label.end() :])
    return bool(text) and text.lower() in (key.lower() for key in response.options.keys.values())


def _lines(response: ResponseText) -> tuple[list[str], list[str]]:
    """Return all lines with text, and the ones among them that do not list the options."""
    lines, free, place = [], [], 0
    for line in response.text.split("\n"):
        if line.strip(f" {REMOVED}"):
            lines.append(line)
            if place not in response.listed:
                free.append(line)
        place += len(line) + 1
    return lines, free


def _is_bulleted(line: str) -> bool:
    return line.startswith(("- ", "* ", "• "))


def _alone(response: ResponseText, line: str) -> NamedOptions | None:
    """Read a line that is only a label, a label with its text, or an option's text."""
    labelled = _LABEL_FIRST.match(line)
    if labelled and labelled[1] in response.options.labels:
        if _is_other_text(response, labelled):
            return NamedOptions((labelled[1],), labelled.start(1), len(line))
    role = _ROLE.match(line)
    for text in (line, line[role.end() :]) if role else (line,):
        named = ResponseText.of(text, response.options).read(0, strict=True)
        rest = _TEXT_REST if named and named.by_text else _REST
        if named and named.labels and rest.match(text, named.end):
            return named
    return None


def _judged(response: ResponseText) -> LabelsAndRule | None:
    """Read "A: no. B: no. C: yes!": the only option that is not rejected."""
    verdicts = {
        label: bool(yes)
        for label, yes in _VERDICT.findall(response.text)
        if label in response.options.keys
    }
    for line in response.text.split("\n"):
        item, verdict = _JUDGED_ITEM.match(line), _JUDGED_LINE.search(line)
        if item and verdict:
            verdicts |= dict.fromkeys(_item_labels(response, item[1]), bool(verdict[1]))
    kept = [label for label, yes in verdicts.items() if yes]
    return ((kept[0],), "judged options") if len(kept) == 1 < len(verdicts) else None


def _item_labels(response: ResponseText, item: str) -> tuple[str, ...]:
    """Read the option that a line of a list is about."""
    named = ResponseText.of(item, response.options).read(0)
    return named.labels if named and not item[named.end :].strip(" .)*") else ()


def _ticked(response: ResponseText, lines: list[str]) -> LabelsAndRule | None:
    """Find the only option of a list that is ticked or called correct."""
    ticked = set()
    for line in lines:
        item = _LABELLED.match(line)
        if (
            item
            and item[1] in response.options.labels
            and _TICK.search(line)
            and not _CROSS.search(line)
        ):
            ticked.add(item[1])
    return ((ticked.pop(),), "ticked option") if len(ticked) == 1 else None


def _conclusion(response: ResponseText, line: str) -> LabelsAndRule | None:
    """Read "Therefore, ... (C)": the only option in a conclusion at the end."""
    found = _CONCLUSION.search(line)
    if not found or _DENIED.search(found[1]):
        return None
    labels = {label for label in _MARKED.findall(found[1]) if label in response.options.labels}
    if len(labels) == 1:
        return (labels.pop(),), "conclusion"
    sentence = ResponseText.of(found[1].rstrip(" .!\"'"), response.options)
    ends = [
        (len(key), label)
        for label, key in response.options.keys.items()
        if key
        and sentence.text_for(label).endswith(key)
        and _COPULA.search(sentence.lower_line[: -len(key)])
    ]
    return ((max(ends)[1],), "conclusion") if ends and not labels else None


def _complement(response: ResponseText, line: str) -> LabelsAndRule | None:
    """Read "The capital of France is Paris" at the end, if no other option is named."""
    sentence = ResponseText.of(_SENTENCES.split(line)[-1].rstrip(" .!\"'"), response.options)
    if _DENIED.search(sentence.text):
        return None
    named = [label for label in response.options.labels if response.has_text_of(label)]
    if len(named) != 1:
        return None
    (label,), key = named, response.options.keys[named[0]]
    before = sentence.lower_line[: -len(key)]
    ends = sentence.text_for(label).endswith(key) and _BEFORE_TEXT.search(before)
    return ((label,), "complement") if ends else None


def _completion(response: ResponseText) -> LabelsAndRule | None:
    """Read the only option that stands in a sentence of the question's own words."""
    sentence = response.options.sentence
    found: set[str] = set()
    for start, end in sentence.places(lower_in_place(response.text)) if sentence else ():
        if end is None:
            found.update(_named_together(response, start))
        else:
            found.update(_subject(response, start, end))
    return ((found.pop(),), "question's words") if len(found) == 1 else None


def _named_together(response: ResponseText, start: int) -> Iterator[str]:
    """Read the option at a place, and those that are joined to it: "Paris and London"."""
    named = response.read_text(start)
    while named:
        yield from named.labels
        joint = _AND.match(response.text, named.end)
        named = response.read_text(joint.end()) if joint else None


def _subject(response: ResponseText, start: int, end: int) -> tuple[str, ...]:
    """Read the option with which a sentence begins, shortly before its repeated words."""
    article = _ARTICLE.match(response.text, start)
    begin = article.end() if article else start
    keys = response.options.keys.items()
    starting = [
        label
        for label, key in keys
        if key and response.text_for(label).startswith(f"{key} ", begin)
    ]
    longest = max(starting, key=lambda label: len(response.options.keys[label]), default=None)
    if longest is None:
        return ()
    between = response.text[begin + len(response.options.keys[longest]) : end]
    return (longest,) if _SHORTLY.fullmatch(between) else ()
