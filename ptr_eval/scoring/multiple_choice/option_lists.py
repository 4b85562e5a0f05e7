"""Removes the lists in which a response repeats the options of the question."""

import re

from ptr_eval.scoring.multiple_choice.options import (
    AnswerOptions,
    comparison_text,
    option_line_starts,
)
from ptr_eval.scoring.multiple_choice.response_text import ResponseText

_ITEM = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,2}|\d{1,2})(?=[)\].: \n-])")
_BETWEEN = re.compile(r"[\s,;.?!\"'()\[\]|*•-]{0,8}")

_JUDGED = re.compile(
    r"[✓✔✅☑✗✘❌✖]|\b(?:yes|no|not|true|false|correct|right|wrong|incorrect|best|answers?|choose)\b",
    re.IGNORECASE,
)
_FEW_REPEATS = 2
_FEW_LABELS = 3

REMOVED = "#"
"""Marks the place of a removed list, so that nothing is read across it."""


def without_option_lists(text: str, options: AnswerOptions) -> str:
    """Remove repeated options: two or more in a row, and loops of them."""
    text = _without_bare_labels(text, options.labels)
    text = _without_labelled_lines(_without_loop(text, options.labels), options)
    response = ResponseText.of(text, options)
    runs: list[list[int]] = []  # start, end, items, index of the last label
    for found in _ITEM.finditer(text):
        if found[1] not in options.labels or (runs and found.start() < runs[-1][1]):
            continue  # no label, or the article that the last text begins with
        own = response.own_text(found[1], found.end())
        if own is None:
            continue
        place = options.labels.index(found[1])
        gap = _BETWEEN.match(text, runs[-1][1]) if runs else None
        if gap and gap.end() >= found.start() and place == runs[-1][3] + 1:
            runs[-1][1:] = [own, runs[-1][2] + 1, place]
        else:
            runs.append([found.start(), own, 1, place])
    parts, end = [], 0
    for start, stop, items, last in runs:
        if items > 1 and start >= end:
            parts.append(text[end:start])
            end = _cut_item(text, stop, options.labels[last + 1 : last + 2])
    return f"\n\n{REMOVED}\n\n".join([*parts, text[end:]])


def _without_bare_labels(text: str, labels: tuple[str, ...]) -> str:
    """Remove three or more labels, each on a line of its own, and a repeat that is cut off."""
    label = rf"(?:{'|'.join(map(re.escape, labels))})(?!\w)"
    line = rf"[-•*(\[ ]{{0,3}}(?:[Oo]ption )?{label}[)\].:,]{{0,2}}"
    parts, end, lists = [], 0, list[list[str]]()
    for found in re.finditer(rf"^{line}(?:\n{line})*$", text, re.MULTILINE):
        listed = re.findall(rf"(?<!\w){label}", found[0])
        goes_on = bool(lists) and not text[end : found.start()].strip()
        is_cut = goes_on and found.end() == len(text) and listed == lists[-1][: len(listed)]
        if len(set(listed)) >= min(_FEW_LABELS, len(labels)):
            lists.append(listed)
        elif not is_cut or len(lists) + len(listed) <= _FEW_REPEATS:
            continue
        parts.append(text[end : found.start()])
        end = found.end()
    return f"\n\n{REMOVED}\n\n".join([*parts, text[end:]])


def _without_loop(text: str, labels: tuple[str, ...]) -> str:
    """Remove a list that is repeated until the text ends, perhaps in the middle of an item."""
    starts = [*option_line_starts(text, labels)]
    if not starts:
        return text
    line = text[starts[0] :].partition("\n")[0]
    second = text.find(f"\n{line}\n", starts[0]) + 1
    listed, rest = text[starts[0] : second], text[starts[0] :].rstrip()
    lines = [*re.finditer(r"^.*\S.*$", listed, re.MULTILINE)]
    if len(lines) < _FEW_REPEATS or len(rest) < _FEW_REPEATS * len(listed.rstrip()):
        return text
    if any(item.start() + starts[0] not in starts or _JUDGED.search(item[0]) for item in lines):
        return text
    repeats = len(rest) // len(listed) + 1
    return f"{text[: starts[0]]}\n{REMOVED}\n" if (listed * repeats).startswith(rest) else text


def _without_labelled_lines(text: str, options: AnswerOptions) -> str:
    """Remove lines that list options one after the other and judge none."""
    label = "|".join(map(re.escape, options.labels))
    texts = {key.lower() for key in options.keys.values()}
    runs: list[list[re.Match[str]]] = []
    # A text may be cut off behind the label of its last line.
    line_pattern = re.compile(
        rf"^(?:Option |\()?({label})(?:[).:]| -)(?: (\S.*)$|(?<=\S\n..)\Z)", re.MULTILINE
    )
    for line in line_pattern.finditer(text):
        if runs and _goes_on(text, runs[-1], line, options.labels):
            runs[-1].append(line)
        else:
            runs.append([line])
    parts, end = [], 0
    for run in runs:
        told = [line[2] or "" for line in run]
        told = [line for line in told if comparison_text(line).lower() not in texts]
        listed = len(run) > 1 or (0 < end and _begins_again(text, end, run[0]))
        if listed and not any(map(_JUDGED.search, told)):
            parts.append(text[end : run[0].start()])
            end = run[-1].end()
    return f"\n\n{REMOVED}\n\n".join([*parts, text[end:]])


def _goes_on(
    text: str, run: list[re.Match[str]], line: re.Match[str], labels: tuple[str, ...]
) -> bool:
    """Whether a line goes on with a list: in order, or with a label that it lacks."""
    gap = text[run[-1].end() : line.start()]
    if gap.strip():
        return False
    in_order = labels.index(line[1]) > labels.index(run[-1][1])
    lacked = len(run) > 1 and gap == "\n" and line[1] not in [item[1] for item in run]
    return in_order or lacked


def _begins_again(text: str, end: int, line: re.Match[str]) -> bool:
    """Whether a text is cut off in a line of the list that has just ended."""
    if line.end() != len(text) or text[end : line.start()].strip():
        return False
    return any(
        listed.startswith(line[0].lower()) and len(listed) > len(line[0])
        for listed in text[:end].lower().split("\n")
    )


def _cut_item(text: str, end: int, following: tuple[str, ...]) -> int:
    """Return the end of a list, with a last item that the token limit cut off or that differs."""
    gap = _BETWEEN.match(text, end)
    if not following or not gap:
        return end
    item = re.compile(rf"{re.escape(following[0])}[).:][^\n]*").match(text, gap.end())
    return item.end() if item and item.end() == len(text) else end
