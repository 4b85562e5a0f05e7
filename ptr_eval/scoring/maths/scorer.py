"""Scores MATH-type answers: finds the answer of a response and compares it with the right one."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ptr_eval.scoring.maths.compare import AnswerComparison, compare
from ptr_eval.scoring.maths.find_answer import MAX_LENGTH, FoundAnswer, find_answer, gold_answer
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
    found = find_answer(response)
    if found is None:
        return Score.unparsed("no answer")
    return _score(found, compare(right, found.text, found.prose))


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
    found = [find_answer(response) for response in responses]
    right = [gold_answer(gold) for gold in golds]
    tasks = {
        (gold, answer.text, answer.prose)
        for gold, answer in zip(right, found, strict=True)
        if answer is not None
    }
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as threads:
        comparisons = dict(zip(tasks, threads.map(lambda task: compare(*task), tasks), strict=True))
    return [
        Score.unparsed("no answer")
        if answer is None
        else _score(answer, comparisons[gold, answer.text, answer.prose])
        for gold, answer in zip(right, found, strict=True)
    ]


def _score(found: FoundAnswer, comparison: AnswerComparison) -> Score:
    if not comparison.found:
        return Score.unparsed("no answer")
    answer = found.text.strip()[:MAX_LENGTH]
    return Score.of(comparison.equal, answer, found.how + comparison.note)
