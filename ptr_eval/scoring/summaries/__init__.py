"""Summaries: the summary in a response, without what the model says about it.

`find_summary` divides a response into sections, `sentences` says what a sentence is, and `words`
holds the words by which it says so.
"""

from ptr_eval.scoring.summaries.find_summary import FoundSummary, find_summary, only_confirms

__all__ = ["FoundSummary", "find_summary", "only_confirms"]
