"""Reads what a response states as its answer, for every scorer that looks for one.

1. `clean` writes the response in plain characters; `questions` splits it where another question
   begins.
2. `sentences` turns each sentence into words of known kinds; the words are data (`vocabulary`).
3. `find` finds the places where a value is announced, and a scorer's `statement.Matcher` reads the
   value there.
4. `judge` decides how each statement is meant: asserted, denied, left open, or reported.
5. `decide` takes the last assertion that nothing later takes back; `reader` falls back on the
   matcher's own guess where nothing is stated.
"""

from ptr_eval.scoring.answers.clean import clean, place_in, without_suffixes
from ptr_eval.scoring.answers.reader import FoundAnswer, find_answer, read_response
from ptr_eval.scoring.answers.statement import Matcher, Value

__all__ = [
    "FoundAnswer",
    "Matcher",
    "Value",
    "clean",
    "find_answer",
    "place_in",
    "read_response",
    "without_suffixes",
]
