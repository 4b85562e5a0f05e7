"""Scores multiple-choice answers: finds the option that a response states last, and compares it.

How its parts work together is written in `ptr_eval.scoring.multiple_choice`.
"""

from collections.abc import Mapping

from ptr_eval.scoring.answers import read_response
from ptr_eval.scoring.multiple_choice.matcher import OptionMatcher
from ptr_eval.scoring.multiple_choice.normalize import normalize
from ptr_eval.scoring.multiple_choice.options import prepare_options
from ptr_eval.scoring.score import Score


def score_options(
    response: str, *, options: Mapping[str, str], gold: str, question: str = ""
) -> Score:
    """Score the option that a response states last.

    The last explicit statement wins ("The answer is B. Wait, the answer is C" is C). Where a
    label and the text of another option are given together, the label counts. The verdict is
    `unparsed` if the response states no choice, two choices at once, or something that is not an
    option. Text after a further question that the model writes is not read.

    Args:
        response: The model's answer, without a thinking block.
        options: The option texts by label (`A`, `B`, ... or `1`, `2`, ...), in order.
        gold: The right label.
        question: The question, without its options. With it, a response that repeats the
            question's sentence and completes it with the text of an option states that option.

    Returns:
        The score; `answer` is the label, `how` the name of the rule that found it.

    Raises:
        ValueError: If `gold` is not a label of `options`.
    """
    if gold not in options:
        raise ValueError(f"gold {gold!r} is none of the labels {list(options)}")
    prepared = prepare_options(options, question)
    found = read_response(
        response, normalize, lambda part: OptionMatcher.of(part, prepared), reach=None
    )
    if found.value is None:
        return Score.unparsed(found.how if response.strip() else "empty response", kept=found.kept)
    (label,) = found.value.item.labels
    return Score.of(label == gold, label, found.how, found.span)
