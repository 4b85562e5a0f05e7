"""Scorers: from an answer, and what is known of the right one, to a `Score`.

A scorer is a function of plain values. It knows nothing of lm-eval:

    >>> from ptr_eval.scoring import score_number
    >>> score_number("Half of 36 eggs. The answer is 18.", gold="18", mode="strict").verdict
    'correct'
"""

from ptr_eval.scoring.code import extract_program, pass_at_k, score_code, score_programs
from ptr_eval.scoring.equivalence import NO_ANSWER, Same, answer_classes
from ptr_eval.scoring.exact import score_exact
from ptr_eval.scoring.maths import equivalent, equivalent_pairs, score_maths, score_maths_batch
from ptr_eval.scoring.multiple_choice import score_options
from ptr_eval.scoring.numbers import score_number
from ptr_eval.scoring.published_rules import (
    upstream_code,
    upstream_maths,
    upstream_number,
    upstream_option,
    upstream_span,
)
from ptr_eval.scoring.score import Score, Verdict
from ptr_eval.scoring.similarity import Embedder, load_embedder, rouge, score_similarity
from ptr_eval.scoring.spans import score_spans

__all__ = [
    "NO_ANSWER",
    "Embedder",
    "Same",
    "Score",
    "Verdict",
    "answer_classes",
    "equivalent",
    "equivalent_pairs",
    "extract_program",
    "load_embedder",
    "pass_at_k",
    "rouge",
    "score_code",
    "score_exact",
    "score_maths",
    "score_maths_batch",
    "score_number",
    "score_options",
    "score_programs",
    "score_similarity",
    "score_spans",
    "upstream_code",
    "upstream_maths",
    "upstream_number",
    "upstream_option",
    "upstream_span",
]
