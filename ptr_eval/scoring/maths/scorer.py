"""Scores MATH-type answers: finds the answer of a response and compares it with the right one."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ptr_eval.scoring.answers import FoundAnswer, clean, read_response
from ptr_eval.scoring.maths.compare import AnswerComparison, compare
from ptr_eval.scoring.maths.matcher import MAX_LENGTH, MathsMatcher, gold_answer
from ptr_eval.scoring.score import Score


def score_maths(response: str, *, gold: str) -> Score:
    r"""Score a response whose answer is mathematical.

    Args:
        response: What the model wrote, without its thinking block.
        gold: The right answer in LaTeX, or a solution with the answer in `\boxed{}`.

    Returns:
        The score. An answer whose comparison ran out of time is wrong, and `how` tells it.

    Raises:
        ValueError: If `gold` is empty.
    """
    right = gold_answer(gold)
    found = _find(response)
    if found.value is None:
        return _score(found, None)
    return _score(found, compare(right, *found.value.item))


def score_maths_batch(
    responses: Sequence[str], golds: Sequence[str], *, workers: int | None = None
) -> list[Score]:
    """Score many responses on several cores; equal pairs of answers are compared once.

    Args:
        responses: What models wrote, without thinking blocks, shape [responses].
        golds: The right answer to each, shape [responses].
        workers: How many processes compare at once; None for one per processor core.

    Returns:
        One score for each response, in order, as `score_maths` gives it.

    Raises:
        ValueError: If the two have different lengths or a gold answer is empty.
    """
    found = [_find(response) for response in responses]
    right = [gold_answer(gold) for gold in golds]
    tasks = {
        (gold, *answer.value.item)
        for gold, answer in zip(right, found, strict=True)
        if answer.value is not None
    }
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as threads:
        comparisons = dict(zip(tasks, threads.map(lambda task: compare(*task), tasks), strict=True))
    return [
        _score(answer, comparisons[gold, *answer.value.item] if answer.value is not None else None)
        for gold, answer in zip(right, found, strict=True)
    ]


def _find(response: str) -> FoundAnswer:
    return read_response(response, partial(clean, formulas=True), MathsMatcher.of)


def _score(found: FoundAnswer, comparison: AnswerComparison | None) -> Score:
    if found.value is None or comparison is None:
        return Score.unparsed(found.how, kept=found.kept)
    if not comparison.found:
        return Score.unparsed("no answer")
    answer = found.value.item.text.strip()[:MAX_LENGTH]
    return Score.of(comparison.equal, answer, found.how + comparison.note, found.span)
