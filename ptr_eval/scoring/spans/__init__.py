"""Reading answers (DROP): a number, a date, or one or several spans of a passage."""

from ptr_eval.scoring.spans.scorer import best_match, score_spans

__all__ = ["best_match", "score_spans"]
