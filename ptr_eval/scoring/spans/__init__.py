"""Reading answers (DROP): a number, a date, or one or several spans of a passage."""

from ptr_eval.scoring.spans.scorer import score_spans

__all__ = ["score_spans"]
