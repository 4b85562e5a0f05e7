"""Scores multiple-choice answers: finds the option that a response states last, and compares it.

How its parts work together is written in `ptr_eval.scoring.multiple_choice`.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import islice

from ptr_eval.scoring.multiple_choice.find_lone_answer import (
    LabelsAndRule,
    find_lone_answer,
    find_whole_option,
)
from ptr_eval.scoring.multiple_choice.find_statements import find_statements
from ptr_eval.scoring.multiple_choice.normalize import normalize
from ptr_eval.scoring.multiple_choice.option_lists import without_option_lists
from ptr_eval.scoring.multiple_choice.options import prepare_options
from ptr_eval.scoring.multiple_choice.response_text import ResponseText
from ptr_eval.scoring.multiple_choice.split_questions import split_questions
from ptr_eval.scoring.multiple_choice.statement import ChoiceStatement
from ptr_eval.scoring.multiple_choice.statement_weight import (
    RETRACTION,
    SECOND_THOUGHT,
    StatementWeight,
)
from ptr_eval.scoring.score import Score

_MOST_PARTS = 40
"""How many parts of a response are read at most; the answer is in the first or second."""


def score_options(response: str, *, options: Mapping[str, str], gold: str) -> Score:
    """Score the option that a response states last.

    The last explicit statement wins ("The answer is B. Wait, the answer is C" is C). Where a
    label and the text of another option are given together, the label counts. The verdict is
    `unparsed` if the response states no choice, two choices at once, or something that is not an
    option. Text after a further question that the model writes is not read.

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
    prepared = prepare_options(options)
    for part in islice(split_questions(normalize(response), dict(prepared.keys)), _MOST_PARTS):
        found = _final_choice(ResponseText.of(without_option_lists(part, prepared), prepared))
        if found is None:
            continue
        labels, rule = found
        if len(labels) == 1:
            return Score.of(labels[0] == gold, labels[0], rule)
        return Score.unparsed(f"{rule}: " + (" or ".join(labels) or "not an option"))
    return Score.unparsed("no choice stated" if response.strip() else "empty response")


def _final_choice(response: ResponseText) -> LabelsAndRule | None:
    """Return what a response states last, and the rule that found it."""
    whole = find_whole_option(response)
    if whole:
        return whole
    stated = find_statements(response)
    firm = [s for s in stated if s.weight is StatementWeight.FIRM]
    retracted_until = max(
        (found.start() for found in RETRACTION.finditer(response.text)), default=-1
    )
    kept = [s for s in firm if s.place > retracted_until]
    if kept:
        return _last(response.text, kept)
    if firm:
        return ((), "taken back")
    tentative = [s for s in stated if s.place > retracted_until]
    return find_lone_answer(response) or (_last(response.text, tentative) if tentative else None)


def _last(text: str, stated: list[ChoiceStatement]) -> LabelsAndRule:
    """Return the last explicit statement, or the last plain one if it follows a second thought."""
    thoughts = [found.start() for found in SECOND_THOUGHT.finditer(text)]
    final = max(stated, key=lambda s: (bisect_right(thoughts, s.place), s.explicit, s.place))
    return final.labels, final.rule
