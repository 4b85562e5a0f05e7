"""Scores answers that must be given word for word; only blanks may differ."""

from ptr_eval.scoring.score import Score


def score_exact(response: str, *, gold: str) -> Score:
    r"""Compare a whole response with the right answer.

    Args:
        response: What the model wrote, without its thinking block.
        gold: The right answer.

    Returns:
        The score; its answer is the response with single blanks.

    Raises:
        ValueError: If `gold` is blank.

    Example:
        >>> score_exact(" a  7\n", gold="a 7").verdict
        'correct'
    """
    right = " ".join(gold.split())
    if not right:
        raise ValueError("the gold answer is blank")
    answer = " ".join(response.split())
    if not answer:
        return Score.unparsed("an empty response")
    return Score.of(answer == right, answer, "whole response")
