"""Multiple choice: finds the finally stated option, however it is stated, and compares it.

Statements of the answer are collected and the last firm one wins; a lone label or option text
serves if there is none. Nothing is guessed: a label that is merely mentioned is no answer.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import islice

from ptr_eval.scoring.multiple_choice.context import RETRACTION, SECOND_THOUGHT, Standing
from ptr_eval.scoring.multiple_choice.lone import Found, lone_answer, whole_option
from ptr_eval.scoring.multiple_choice.read import Page, prepare, without_lists
from ptr_eval.scoring.multiple_choice.rules import statements
from ptr_eval.scoring.multiple_choice.statement import Statement
from ptr_eval.scoring.multiple_choice.text import blocks, clean
from ptr_eval.scoring.score import Score

_QUESTIONS = 40
"""Stretches of a response that are read at most; an answer is in the first or second."""


def score_options(response: str, *, options: Mapping[str, str], gold: str) -> Score:
    """Score the finally stated choice of a multiple-choice answer.

    The last explicit statement wins ("The answer is B. Wait, the answer is C" is C). A label
    counts over a text that belongs to another one. The response is `unparsed` if it states no
    choice, two at once, or something that is not an option. Text after a further question that
    the model asks itself is left out.

    Args:
        response: The model's answer, without a thinking block.
        options: The option texts by label (`A`, `B`, ... or `1`, `2`, ...), in order.
        gold: The right label.

    Returns:
        The score; `answer` is the label, `how` the name of the rule that found it.

    Raises:
        ValueError: If `gold` is not a label of `options`.
    """
    if gold not in options:
        raise ValueError(f"gold {gold!r} is none of the labels {list(options)}")
    prepared = prepare(options)
    for block in islice(blocks(clean(response), dict(prepared.keys)), _QUESTIONS):
        found = _final(Page.of(without_lists(block, prepared), prepared))
        if found is None:
            continue
        labels, rule = found
        if len(labels) == 1:
            return Score.of(labels[0] == gold, labels[0], rule)
        return Score.unparsed(f"{rule}: " + (" or ".join(labels) or "not an option"))
    return Score.unparsed("no choice stated" if response.strip() else "empty response")


def _final(page: Page) -> Found | None:
    """Return what a page finally states, and by which rule."""
    whole = whole_option(page)
    if whole:
        return whole
    said = statements(page)
    firm = [s for s in said if s.standing is Standing.FIRM]
    back = max((found.start() for found in RETRACTION.finditer(page.text)), default=-1)
    kept = [s for s in firm if s.place > back]
    if kept:
        return _last(page.text, kept)
    if firm:
        return ((), "taken back")
    tentative = [s for s in said if s.place > back]
    return lone_answer(page) or (_last(page.text, tentative) if tentative else None)


def _last(text: str, said: list[Statement]) -> Found:
    """The last explicit statement, or the last plain one if it came as a second thought."""
    thoughts = [found.start() for found in SECOND_THOUGHT.finditer(text)]
    final = max(said, key=lambda s: (bisect_right(thoughts, s.place), s.explicit, s.place))
    return final.labels, final.rule
